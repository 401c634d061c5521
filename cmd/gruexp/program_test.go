package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/cmd/gruexp/app"
)

// Variables of the environment that make a process of this test be gruexp.
const (
	asProgram = "TEST_IS_GRUEXP"
	peakFile  = "TEST_PEAK_FILE" // where it writes the most memory that it had
	eachCall  = "TEST_EACH_CALL" // that it makes the calls in the file of its argument
)

// beforeProgram is called in every process that is gruexp. Tests with a build tag replace it to measure the process.
var beforeProgram = func() {}

// userData is $GRUEXP_DATA: published files, for tests that need them.
var userData = os.Getenv("GRUEXP_DATA")

// TestMain is gruexp where it was started as that, by a test or by a study for one of its trials. Else it runs the tests, without
// anything of the user's own.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		beforeProgram()
		if file := os.Getenv(peakFile); file != "" {
			os.Exit(runAndMeasure(file))
		}
		if os.Getenv(eachCall) != "" {
			os.Exit(runEach(os.Args[1]))
		}
		app.Main(app.Extensions{})
	}
	os.Exit(testApart(m))
}

func testApart(m *testing.M) int {
	home, err := os.MkdirTemp("", "gruexp-test")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(home)
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "GRUEXP_") {
			os.Unsetenv(name)
		}
	}
	for name, value := range map[string]string{"HOME": home, "XDG_CONFIG_HOME": home, asProgram: "1"} {
		os.Setenv(name, value)
	}
	waitTogether()
	return m.Run()
}

// waitTogether lets more tests run at the same time than the machine has cores, unless -parallel says how many: many of them wait for a
// process, a page or a second to pass.
func waitTogether() {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0)))
	}
}

// outcome is what a call of the program has left.
type outcome struct {
	args           []string
	code           int
	stdout, stderr string
}

// command is gruexp as a separate process, in its own folder, with a separate user configuration.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	c := exec.Command(program, args...)
	c.Dir = folder
	c.Env = append(os.Environ(), "XDG_CONFIG_HOME="+folder, "HOME="+folder)
	return c
}

// finish runs a command to its end.
func finish(t *testing.T, c *exec.Cmd) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if c.Stdout == nil {
		c.Stdout = &stdout
	}
	if c.Stderr == nil {
		c.Stderr = &stderr
	}
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return checked(t, outcome{c.Args[1:], c.ProcessState.ExitCode(), stdout.String(), stderr.String()})
}

func checked(t *testing.T, o outcome) outcome {
	t.Helper()
	for _, sign := range []string{"goroutine ", "panic:", "runtime error", "fatal error:"} {
		if strings.Contains(o.stderr, sign) {
			t.Errorf("gruexp %v: found a Go stack in\n%s", o.args, o.stderr)
		}
	}
	return o
}

// gruexp runs a command line in this process, or in a separate one where it chooses the directory of the run itself. Paths must be
// absolute: the working directory is that of the tests.
func gruexp(t *testing.T, args ...string) outcome {
	t.Helper()
	if len(args) > 0 && slices.Contains([]string{"train", "compare", "tune"}, args[0]) && !slices.Contains(args, "--out") {
		return finish(t, command(t, args...))
	}
	var stdout, stderr bytes.Buffer
	code := app.Run(t.Context(), args, strings.NewReader(""), &stdout, &stderr, app.Extensions{})
	return checked(t, outcome{args, code, stdout.String(), stderr.String()})
}

// notShort skips a test that starts many trainings, in processes or for a study, where the quick tests are asked for.
func notShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: it starts many trainings")
	}
}

// mustRun runs what must succeed.
func mustRun(t *testing.T, args ...string) outcome {
	t.Helper()
	o := gruexp(t, args...)
	if o.code != 0 {
		t.Fatalf("gruexp %v: found exit code %d, expected 0; stderr:\n%s", args, o.code, o.stderr)
	}
	return o
}

// errorLines are the lines of stderr that are errors.
func (o outcome) errorLines() []string {
	var lines []string
	for line := range strings.Lines(o.stderr) {
		if strings.HasPrefix(line, "gruexp: ") && !strings.HasPrefix(line, "gruexp: warning: ") {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	return lines
}

var errorForm = regexp.MustCompile(`^gruexp: .+?: .+$`)

// mustFail checks the exit code and that the errors are these, one line each. A wanted
// line may be a part of the real one, parts of which "…" leaves out.
func (o outcome) mustFail(t *testing.T, code int, wanted ...string) {
	t.Helper()
	if o.code != code {
		t.Errorf("gruexp %v: found exit code %d, expected %d; stderr:\n%s", o.args, o.code, code, o.stderr)
	}
	lines := o.errorLines()
	if len(lines) != len(wanted) {
		t.Errorf("gruexp %v: found %d error lines, expected %d:\n%s", o.args, len(lines), len(wanted), o.stderr)
		return
	}
	for i, line := range lines {
		if !errorForm.MatchString(line) {
			t.Errorf("gruexp %v: found %q, expected the form gruexp: WHERE: WHAT", o.args, line)
		}
		rest, ok := line, true
		for part := range strings.SplitSeq(wanted[i], "…") {
			var found bool
			_, rest, found = strings.Cut(rest, part)
			ok = ok && found
		}
		if !ok {
			t.Errorf("gruexp %v: found\n  %s\nexpected\n  %s", o.args, line, wanted[i])
		}
	}
	if o.stdout != "" {
		t.Errorf("gruexp %v: found %q on stdout of a failure", o.args, o.stdout)
	}
}

// result is the JSON of train and resume.
type result struct {
	Run        string         `json:"run"`
	Experiment string         `json:"experiment"`
	Seed       uint64         `json:"seed"`
	Epochs     int            `json:"epochs"`
	BestEpoch  int            `json:"best_epoch"`
	Model      string         `json:"model"`
	Verdict    map[string]any `json:"verdict"`
	Targets    []any          `json:"targets"`
	Outputs    []any          `json:"outputs"`
	Parts      map[string]struct {
		Sequences int   `json:"sequences"`
		Classes   []int `json:"classes"`
	} `json:"parts"`
	StopReason string                        `json:"stop_reason"`
	Train      map[string]float64            `json:"train"`
	Valid      map[string]float64            `json:"valid"`
	Test       map[string]float64            `json:"test"`
	Baselines  map[string]map[string]float64 `json:"baselines"`
	Seconds    float64                       `json:"seconds"`
	Parameters int                           `json:"parameters"`
}

// result decodes the one JSON object on stdout's last line.
func (o outcome) result(t *testing.T) result {
	t.Helper()
	var r result
	o.decode(t, &r)
	return r
}

func (o outcome) decode(t *testing.T, into any) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(o.stdout, "\n"), "\n")
	decoder := json.NewDecoder(strings.NewReader(lines[len(lines)-1]))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("gruexp %v: %v in the last line of %q", o.args, err, o.stdout)
	}
	if decoder.More() {
		t.Errorf("gruexp %v: found more than one JSON object in %q", o.args, o.stdout)
	}
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

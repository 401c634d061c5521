package docs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// exampleName is a variable of the environment that says which example [buildExamples]' program is.
const exampleName = "TEST_IS_EXAMPLE"

// buildExamples makes one program of all examples, since linking takes longer than running them: in an overlay each is a package whose
// main is called Main, and nothing else differs.
var buildExamples = sync.OnceValues(func() (string, error) {
	folder, err := programFolder()
	if err != nil {
		return "", err
	}
	here, err := filepath.Abs("examples")
	if err != nil {
		return "", err
	}
	files, err := filepath.Glob("examples/*/*.go")
	if err != nil {
		return "", err
	}
	overlay := map[string]string{}
	replace := func(path, text string) error {
		copied := filepath.Join(folder, strconv.Itoa(len(overlay))+".go")
		overlay[filepath.Join(here, path)] = copied
		return os.WriteFile(copied, []byte(text), 0o600)
	}
	var imports, cases strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		name := filepath.Base(filepath.Dir(file))
		if filepath.Base(file) == "main.go" {
			alias := strings.ReplaceAll(name, "-", "")
			fmt.Fprintf(&imports, "%s \"github.com/gruexp/gruexp/docs/examples/%s\"\n", alias, name)
			fmt.Fprintf(&cases, "case %q:\n%s.Main()\n", name, alias)
		}
		changed := strings.Replace("\n"+string(text), "\npackage main\n", "\npackage example\n", 1)
		changed = strings.Replace(changed, "\nfunc main() {", "\nfunc Main() {", 1)
		if err := replace(filepath.Join(name, filepath.Base(file)), changed[1:]); err != nil {
			return "", err
		}
	}
	all := fmt.Sprintf("package main\nimport (\n\"os\"\n%s)\nfunc main() {\nswitch os.Getenv(%q) {\n%sdefault:\npanic(\"no such example\")\n}\n}\n",
		imports.String(), exampleName, cases.String())
	if err := replace(filepath.Join("all", "main.go"), all); err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		return "", err
	}
	list := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(list, text, 0o600); err != nil {
		return "", err
	}
	path := filepath.Join(folder, "examples.exe")
	command := exec.Command("go", "build", "-overlay", list, "-ldflags=-s -w", "-o", path, "./examples/all")
	command.Stderr = os.Stderr
	return path, command.Run()
})

func examples(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("examples/*/main.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("found no examples (%v)", err)
	}
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = filepath.Base(filepath.Dir(file))
	}
	return names
}

// TestExamplesAreForUsers holds every example to what a user of the module can write: public packages only, and a page that says
// what it shows and how it is started.
func TestExamplesAreForUsers(t *testing.T) {
	for _, name := range examples(t) {
		path := filepath.Join("examples", name, "main.go")
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range file.Imports {
			if strings.Contains(one.Path.Value, "/internal/") {
				t.Errorf("%s imports %s, expected public packages only", path, one.Path.Value)
			}
		}
		if page := read(t, filepath.Join("examples", name, "README.md")); !strings.HasPrefix(page, "# ") || !strings.Contains(page, "go run ./docs/examples/"+name) {
			t.Errorf("examples/%s/README.md: found %q, expected a title and the command that starts it", name, page)
		}
	}
}

// TestShortExamples holds examples to their length: what a user writes, without comments, imports and empty lines.
func TestShortExamples(t *testing.T) {
	most := map[string]int{"own-cell": 35, "train-slices": 20, "predict-service": 12}
	for _, name := range examples(t) {
		if most[name] == 0 {
			continue
		}
		path := filepath.Join("examples", name, "main.go")
		if lines := codeLines(t, path); lines > most[name] {
			t.Errorf("%s: found %d lines of code, expected at most %d", path, lines, most[name])
		}
	}
}

// codeLines counts the lines of declarations other than imports that are neither empty nor a comment.
func codeLines(t *testing.T, path string) (n int) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(read(t, path), "\n")
	for _, d := range file.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
			continue
		}
		for line := set.Position(d.Pos()).Line; line <= set.Position(d.End()).Line; line++ {
			if text := strings.TrimSpace(lines[line-1]); text != "" && !strings.HasPrefix(text, "//") {
				n++
			}
		}
	}
	return n
}

// TestExamples runs the commands of every example's page in an empty folder that has the documents.
func TestExamples(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and trains")
	}
	said := map[string]string{
		"train-slices": `On the test part the GRU `,
		"fine-tuning":  `trained: accuracy \d[^$]*fine-tuned: accuracy \d`,
		"own-cell":     `On the test part `,
		"own-layer":    `On the test part `,
		"own-solver":   `On the test part `,
		"own-metric":   `stopping threshold|worst_recall`,
		"callback":     `epoch 15: validation loss -\d[^$]*accuracy on the test part: \d`,
		"search":       `best of 12 trials: validation loss \d`,
		"own-data":     `On the test part `,
	}
	command := regexp.MustCompile(`(?m)^go run \./(docs/examples/([a-z-]+)|cmd/gruexp) ?(.*)$`)
	for _, name := range examples(t) {
		if name == "predict-service" {
			continue // TestServiceOfExamples
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := withDocuments(t)
			found := command.FindAllStringSubmatch(read(t, filepath.Join("examples", name, "README.md")), -1)
			if len(found) == 0 {
				t.Fatal("found no command")
			}
			output := ""
			for _, m := range found {
				output += runExample(t, folder, m[2], strings.Fields(m[3])...)
			}
			if want, ok := said[name]; !ok || !regexp.MustCompile(want).MatchString(output) {
				t.Errorf("found %q, expected %q in it", output, want)
			}
		})
	}
}

// withDocuments is a folder with the documents in it, as that of the module has.
func withDocuments(t *testing.T) string {
	t.Helper()
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.Symlink(here, filepath.Join(folder, "docs")); err != nil {
		t.Skip(err)
	}
	return folder
}

// runExample runs an example, or the program for the empty name, in a folder.
func runExample(t *testing.T, folder, name string, args ...string) string {
	t.Helper()
	c := exampleCommand(t, name, args...)
	c.Dir = folder
	var out, problems bytes.Buffer
	c.Stdout, c.Stderr = &out, &problems
	if err := c.Run(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, problems.String())
	}
	return out.String()
}

func exampleCommand(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := os.Executable()
	variable := asProgram + "=1"
	if name != "" {
		path, err = buildExamples()
		variable = exampleName + "=" + name
	}
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(path, args...)
	c.Env = append(os.Environ(), variable)
	return c
}

// TestServiceOfExamples trains a model and asks the service for predictions.
func TestServiceOfExamples(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and trains")
	}
	t.Parallel()
	folder := withDocuments(t)
	runExample(t, folder, "", "train", "docs/examples/callback/mine.yaml", "--out", "runs/waves", "--quiet")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	service := exampleCommand(t, "predict-service", "runs/waves", address)
	service.Dir = folder
	if err := service.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = service.Process.Kill(); _ = service.Wait() })
	page := read(t, "examples/predict-service/README.md")
	rows := regexp.MustCompile(`curl -d '(.*)'`).FindStringSubmatch(page)
	if rows == nil {
		t.Fatalf("found no request in %s", page)
	}
	ask := func(body string) (int, string, error) {
		answer, err := http.Post("http://"+address, "application/json", strings.NewReader(body))
		if err != nil {
			return 0, "", err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		return answer.StatusCode, string(text), err
	}
	var status int
	var text string
	for deadline := time.Now().Add(time.Minute); ; {
		if status, text, err = ask(rows[1]); err == nil || time.Now().After(deadline) {
			break
		}
		time.Sleep(10 * time.Millisecond) // until the service listens
	}
	if err != nil || status != http.StatusOK || !regexp.MustCompile(`^{"class":"(sine|square)","probability":[01][.0-9]*}\n$`).MatchString(text) {
		t.Errorf("found %d %s (%v), expected a class with its probability", status, text, err)
	}
	if status, text, err = ask(`[{"y": 1}]`); err != nil || status != http.StatusUnprocessableEntity || !strings.Contains(text, `"x"`) {
		t.Errorf("found %d %s (%v), expected that the missing column is named", status, text, err)
	}
}

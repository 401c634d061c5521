// Command arm64 predicts the speed of the inner loops for NEON, without a processor that has it: llvm-mca simulates how many
// cycles a loop takes on the models of processors that LLVM has, from instructions, latencies and ports. Caches, memory and
// branches are not part of the models: all loads hit the first-level cache. The results are predictions, not measurements.
//
//	go run ./benchmarks/arm64 [-llvm /usr/lib/llvm-19/bin] [-write docs/performance.md]
//
// It needs llvm-mca and llvm-objdump of LLVM 17 or later (Debian: llvm-19), whose models of Neoverse are not those of older
// cores. Without -write it prints the tables.
package main

import (
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// processors are the models. LLVM's model of the apple-m1 is that of an older core, Cyclone, with three vector units
// instead of four.
var processors = []string{"neoverse-v1", "neoverse-n1", "apple-m1"}

// loop is the inner loop of a function: its longest loop, and how many elements one turn handles.
type loop struct {
	function string
	elements int
}

// products are the loops that are made of FMA; their elements are not counted.
var products = []loop{
	{"tileNEONSingle3", 0}, {"tileNEONSingle2", 0}, {"tileNEONSingle1", 0}, {"rowNEONSingle", 0},
	{"tileNEONDouble3", 0}, {"tileNEONDouble2", 0}, {"tileNEONDouble1", 0}, {"rowNEONDouble", 0},
}

var others = []loop{
	{"transposeNEONSingle", 16}, {"sigmoidNEONSingle", 4}, {"tanhNEONSingle", 4}, {"expNEONSingle", 4},
	{"gatesNEONSingle", 4}, {"gateGradientsNEONSingle", 4}, {"normalizeNEONSingle", 4}, {"adamNEONSingle", 4},
	{"sumOfSquaresNEONSingle", 16}, {"addNormalNEONSingle", 4},
	{"sigmoidNEONDouble", 2}, {"gatesNEONDouble", 2}, {"adamNEONDouble", 2},
}

func main() {
	log.SetFlags(0)
	bin := flag.String("llvm", "/usr/lib/llvm-19/bin", "where llvm-mca and llvm-objdump are")
	write := flag.String("write", "", "a document in which the tables are replaced")
	flag.Parse()
	text, err := tables(llvm{*bin})
	if err != nil {
		log.Fatal(err)
	}
	if *write == "" {
		fmt.Print(text)
		return
	}
	old, err := os.ReadFile(*write)
	if err != nil {
		log.Fatal(err)
	}
	replaced, err := replace(string(old), text)
	if err != nil {
		log.Fatalf("%s: %v", *write, err)
	}
	if err := os.WriteFile(*write, []byte(replaced), 0o644); err != nil {
		log.Fatal(err)
	}
}

const begin, end = "<!-- predictions for arm64 -->\n", "<!-- end of predictions for arm64 -->\n"

// replace puts the text between the marks of a document.
func replace(document, text string) (string, error) {
	before, rest, ok := strings.Cut(document, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return "", fmt.Errorf("expected the lines %q and %q", strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return before + begin + text + end + after, nil
}

// tables simulates all loops on all processors.
func tables(tools llvm) (string, error) {
	folder, err := os.MkdirTemp("", "arm64")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(folder)
	program := filepath.Join(folder, "simd.test")
	build := exec.Command("go", "test", "-c", "-o", program, "./graph/kernel/simd")
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%v\n%s", err, out)
	}
	version, err := tools.version()
	if err != nil {
		return "", err
	}
	peaks := map[string][2]float64{} // of float32 and float64
	for _, processor := range processors {
		single, err := tools.peak(processor, false)
		if err != nil {
			return "", err
		}
		double, err := tools.peak(processor, true)
		if err != nil {
			return "", err
		}
		peaks[processor] = [2]float64{single, double}
	}

	var b strings.Builder
	fmt.Fprintf(&b, "Predicted by llvm-mca of %s, not measured. Each cell: cycles per FMA of a vector, share of the peak.\n\n", version)
	row := func(cells ...string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	header := []string{"loop", "FMA", "instructions"}
	for _, processor := range processors {
		peak := trim(peaks[processor][0])
		if double := trim(peaks[processor][1]); double != peak {
			peak += ", of float64 " + double
		}
		header = append(header, fmt.Sprintf("%s (peak %s a cycle)", processor, peak))
	}
	row(header...)
	row("---", "---:", "---:", "---:", "---:", "---:")
	for _, l := range products {
		body, err := tools.innermost(program, l.function)
		if err != nil {
			return "", err
		}
		fmas := count(body, "fmla")
		cells := []string{l.function, strconv.Itoa(fmas), strconv.Itoa(len(body))}
		for _, processor := range processors {
			cycles, err := tools.cycles(processor, body)
			if err != nil {
				return "", err
			}
			peak := peaks[processor][0]
			if strings.Contains(l.function, "Double") {
				peak = peaks[processor][1]
			}
			cells = append(cells, fmt.Sprintf("%.3f, %.0f %%", cycles/float64(fmas), 100*float64(fmas)/cycles/peak))
		}
		row(cells...)
	}
	b.WriteString("\nThe other loops, in cycles per element:\n\n")
	row(append([]string{"loop", "elements", "instructions"}, processors...)...)
	row("---", "---:", "---:", "---:", "---:", "---:")
	for _, l := range others {
		body, err := tools.innermost(program, l.function)
		if err != nil {
			return "", err
		}
		cells := []string{l.function, strconv.Itoa(l.elements), strconv.Itoa(len(body))}
		for _, processor := range processors {
			cycles, err := tools.cycles(processor, body)
			if err != nil {
				return "", err
			}
			cells = append(cells, fmt.Sprintf("%.2f", cycles/float64(l.elements)))
		}
		row(cells...)
	}
	return b.String(), nil
}

func trim(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

func count(body []string, mnemonic string) int {
	n := 0
	for _, line := range body {
		if strings.HasPrefix(line, mnemonic) {
			n++
		}
	}
	return n
}

// llvm is where its programs are.
type llvm struct{ folder string }

func (l llvm) run(input, name string, arguments ...string) (string, error) {
	command := exec.Command(filepath.Join(l.folder, name), arguments...)
	command.Stdin = strings.NewReader(input)
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %v\n%s", name, err, stderr.String())
	}
	return string(out), nil
}

func (l llvm) version() (string, error) {
	out, err := l.run("", "llvm-mca", "--version")
	if err != nil {
		return "", err
	}
	found := regexp.MustCompile(`LLVM version [0-9.]+`).FindString(out)
	if found == "" {
		return "", fmt.Errorf("llvm-mca --version: found %q, expected a version", out)
	}
	return strings.Replace(found, "version ", "", 1), nil
}

// innermost returns the longest loop of a function that has no other inside; of equal ones the first.
func (l llvm) innermost(program, function string) ([]string, error) {
	out, err := l.run("", "llvm-objdump", "-d", "--no-show-raw-insn",
		"--disassemble-symbols=github.com/gruexp/gruexp/graph/kernel/simd."+function+".abi0", program)
	if err != nil {
		return nil, err
	}
	body := innermost(parse(out))
	if body == nil {
		return nil, fmt.Errorf("%s: found no loop", function)
	}
	return body, nil
}

// line is an instruction of a program at an address, and where it may branch to.
type line struct {
	address, target uint64
	text            string
}

var (
	instruction = regexp.MustCompile(`^\s*([0-9a-f]+):\s+(\S.*)$`)
	branch      = regexp.MustCompile(`^(b\.\w+|cbn?z\s+\w+,|b)\s+0x([0-9a-f]+)`)
)

// parse reads what llvm-objdump prints.
func parse(text string) []line {
	var lines []line
	for _, s := range strings.Split(text, "\n") {
		found := instruction.FindStringSubmatch(s)
		if found == nil {
			continue
		}
		address, _ := strconv.ParseUint(found[1], 16, 64)
		one := line{address: address, text: strings.Join(strings.Fields(found[2]), " ")}
		if b := branch.FindStringSubmatch(one.text); b != nil {
			one.target, _ = strconv.ParseUint(b[2], 16, 64)
			one.text = b[1] + " start"
		}
		lines = append(lines, one)
	}
	return lines
}

// innermost returns the longest run of instructions that ends with a branch to its start and has no branch inside.
func innermost(lines []line) []string {
	var longest []string
	for to, last := range lines {
		if last.target == 0 || last.target > last.address {
			continue
		}
		var body []string
		for from := to; from >= 0 && lines[from].address >= last.target; from-- {
			if from < to && lines[from].target != 0 {
				body = nil
				break
			}
			body = append([]string{lines[from].text}, body...)
		}
		if len(body) > len(longest) {
			longest = body
		}
	}
	return longest
}

// cycles returns how many cycles one turn of a loop takes, on average over many.
func (l llvm) cycles(processor string, body []string) (float64, error) {
	const turns = 400
	out, err := l.run("start:\n"+strings.Join(body, "\n")+"\n", "llvm-mca",
		"-mtriple=aarch64", "-mcpu="+processor, fmt.Sprintf("-iterations=%d", turns))
	if err != nil {
		return 0, err
	}
	found := regexp.MustCompile(`Total Cycles:\s+(\d+)`).FindStringSubmatch(out)
	if found == nil {
		return 0, fmt.Errorf("llvm-mca: found no cycles in %q", out)
	}
	total, err := strconv.Atoi(found[1])
	return float64(total) / turns, err
}

// peak returns how many FMA of vectors a processor does in a cycle, from loops of nothing else: with two vectors or, as the
// models see a difference, with a lane of the second one.
func (l llvm) peak(processor string, double bool) (float64, error) {
	vector, lane := "4s", "s[0]"
	if double {
		vector, lane = "2d", "d[0]"
	}
	most := 0.0
	for _, second := range []string{vector, lane} {
		var body []string
		for i := range 24 {
			body = append(body, fmt.Sprintf("fmla v%d.%s, v30.%[2]s, v31.%s", i, vector, second))
		}
		cycles, err := l.cycles(processor, body)
		if err != nil {
			return 0, err
		}
		most = max(most, math.Round(10*24/cycles)/10)
	}
	return most, nil
}

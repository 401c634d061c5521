package main_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// maxHostile is the memory that a file which is refused may cost, in KiB: a fraction of what it would unpack to, or of its
// line. The program alone takes about 25 MiB.
const maxHostile = 256 << 10

// good is a table of 24 sequences with a label each, in lines without their ends.
func good() []string {
	lines := []string{"s,t,x,y"}
	for s := range 24 {
		for step := range 3 {
			lines = append(lines, fmt.Sprintf("%d,%d,%.2f,%s", s, step, float64(s*step%7)/3, []string{"low", "high"}[s%2]))
		}
	}
	return lines
}

func packed(t *testing.T, parts ...io.Reader) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	for _, part := range parts {
		if _, err := io.Copy(w, part); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func littleEndian(text string) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
		out = binary.LittleEndian.AppendUint16(out, unit)
	}
	return string(out)
}

// numpy is a file of an array with that header and some bytes.
func numpy(header, content string) string {
	return "\x93NUMPY\x01\x00" + string(binary.LittleEndian.AppendUint16(nil, uint16(len(header)))) + header + content
}

// zeros is so many bytes of 0.
func zeros(n int64) io.Reader { return io.LimitReader(sameByte(0), n) }

// sameByte is a file of nothing but one byte, without an end.
type sameByte byte

func (b sameByte) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(b)
	}
	return len(p), nil
}

// A file as people and programs leave them trains, or is refused in one line that says where; none costs much memory.
func TestHostileFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("dozens of trainings; not with -short")
	}
	t.Parallel()
	lines := good()
	text := strings.Join(lines, "\n") + "\n"
	with := func(more ...string) string { return text + strings.Join(more, "\n") + "\n" }
	each := func(change func(row int, cells []string) []string) string {
		out := make([]string, len(lines))
		for i, line := range lines {
			out[i] = strings.Join(change(i, strings.Split(line, ",")), ",")
		}
		return strings.Join(out, "\n") + "\n"
	}
	type hostile struct{ file, content, want string }
	var names []string
	var cases []hostile
	var calls [][]string
	for name, c := range map[string]hostile{
		// These train.
		"as it should be":        {"a.csv", text, ""},
		"byte order mark":        {"a.csv", "\ufeff" + text, ""},
		"UTF-16":                 {"a.csv", littleEndian(text), ""},
		"CRLF":                   {"a.csv", strings.ReplaceAll(text, "\n", "\r\n"), ""},
		"lone CR":                {"a.csv", strings.ReplaceAll(text, "\n", "\r"), ""},
		"no last line end":       {"a.csv", strings.TrimSpace(text), ""},
		"semicolons":             {"a.csv", strings.ReplaceAll(text, ",", ";"), ""},
		"tabs in a .csv":         {"a.csv", strings.ReplaceAll(text, ",", "\t"), ""},
		"quoted line breaks":     {"a.csv", strings.ReplaceAll(text, "low", "\"l,o\nw\""), ""},
		"gzip":                   {"a.csv.gz", packed(t, strings.NewReader(text)), ""},
		".gz that is not packed": {"a.csv.gz", text, ""},
		"unsorted time":          {"a.csv", lines[0] + "\n" + strings.Join(reversed(lines[1:]), "\n"), ""},
		"constant column":        {"a.csv", each(func(row int, cells []string) []string { return append(cells, []string{"c", "4"}[min(row, 1)]) }), ""},
		"column without a value": {"a.csv", each(func(row int, cells []string) []string { return append(cells, []string{"c", "NA"}[min(row, 1)]) }), ""},
		"lines of lists":         {"a.jsonl", jsonLines(24, `{"x": [1, %d], "y": "%s"}`), ""},
		"lines with other order": {"a.jsonl", jsonLines(24, `{"x": [1, %d], "y": "%s"}`) + `{"y": "low", "x": [3]}`, ""},
		"label missing in places": {"a.csv", each(func(row int, cells []string) []string {
			return []string{cells[0], cells[1], cells[2], map[bool]string{true: "", false: cells[3]}[row > 0 && row%3 == 0]}
		}), ""},

		// These do not.
		"Latin-1":               {"a.csv", strings.ReplaceAll(text, "low", "l\xf6w"), `a.csv:2: column 4 (found "l\xf6w", expected text in UTF-8`},
		"UTF-16 without a mark": {"a.csv", littleEndian(text)[2:], `a.csv:1: column 1 (found "s\x00", expected text in UTF-8, or UTF-16 with a byte order mark)`},
		"NUL bytes":             {"a.csv", with("99,1,0\x00,low"), `a.csv:74: column 3 (found "0\x00"`},
		"short row":             {"a.csv", with("99,1"), "a.csv:74: line (found 2 cells, expected 4 as in the header)"},
		"long row":              {"a.csv", with("99,1,2,low,5"), "a.csv:74: line (found 5 cells"},
		"unclosed quote":        {"a.csv", with(`99,1,2,"low`, "99,2,2,low"), "a.csv:74: line (found extraneous or missing"},
		"quote within":          {"a.csv", with(`99,1,2,l"ow`), "a.csv:74: line (found bare"},
		"empty":                 {"a.csv", "", "a.csv: file (found nothing, expected a header line and rows)"},
		"empty lines":           {"a.csv", "\n\n\n", "a.csv: file (found nothing"},
		"header only":           {"a.csv", lines[0] + "\n", "a.csv:1: after the header (found no rows"},
		"a name twice":          {"a.csv", strings.Replace(text, "s,t,x,y", "s,t,y,y", 1), `a.csv:1: column 4 (found the name "y" of column 3`},
		"no name":               {"a.csv", strings.Replace(text, "s,t,x,y", "s,t,,y", 1), "a.csv:1: column 3 (found no name"},
		"a time twice":          {"a.csv", with("3,1,2,high"), `a.csv:74: sequence "3" (found the time of line 12 again`},
		"not a number":          {"a.csv", with("99,1,nan(1),low"), `a.csv:74: column "x" (found "nan(1)", expected a finite number`},
		"infinite":              {"a.csv", with("99,1,-Inf,low"), `a.csv:74: column "x" (found "-Inf"`},
		"too large":             {"a.csv", with("99,1,1e400,low"), `a.csv:74: column "x" (found "1e400"`},
		"too far apart":         {"a.csv", with("99,1,1e308,low", "98,1,-1e308,low", "97,1,1e308,low", "96,1,-1e308,low", "95,1,1e308,low", "94,1,-1e308,low"), `a.csv: column "x" (found values from`},
		"decimal comma": {"a.csv", each(func(row int, cells []string) []string {
			return []string{strings.Replace(strings.Join(cells, ";"), ".", ",", 1)}
		}), `a.csv:2: column "x" (found "0,00", expected a number with a point before its decimals and nothing between thousands; this is 0 with table.decimal: ",")`},
		"every value missing": {"a.csv", each(func(row int, cells []string) []string {
			return []string{cells[0], cells[1], []string{"x", ""}[min(row, 1)], cells[3]}
		}), "a.csv:1: header (found no column of numbers"},
		"no such column":      {"a.csv", strings.Replace(text, "s,t,x,y", "s,t,x,label", 1), `a.csv:1: header (found the columns s, t, x, label, expected a column "y")`},
		"20000 columns":       {"a.csv", strings.Repeat("x,", 20000) + "x\n", "a.csv:1: header (found 20001 columns, expected at most 16384)"},
		"a million columns":   {"a.csv", strings.Repeat("column,", 1_000_000) + "x\n", "a.csv:1: line (found more than 1048576 bytes"},
		"gzip cut off":        {"a.csv.gz", packed(t, strings.NewReader(text))[:90], "a.csv.gz: file (found unexpected EOF"},
		"gzip damaged":        {"a.csv.gz", strings.Replace(packed(t, strings.NewReader(text)), "\x1f\x8b\x08", "\x1f\x8b\x09", 1), "a.csv.gz: unpack (found gzip: invalid header"},
		"gzip bomb of a line": {"a.csv.gz", packed(t, strings.NewReader(text+"9,"), io.LimitReader(sameByte(' '), 64<<20)), "a.csv.gz:74: line (found more than 1048576 bytes"},
		"gzip bomb of arrays": {"a.npy.gz", packed(t, strings.NewReader(numpy("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 1), }", "")), zeros(300<<20)), "a.npy.gz: file (found more than …bytes unpacked"},
		"array of a lie":      {"a.npy", numpy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 3), }", ""), "a.npy: damaged file: data (found 0 bytes, expected 24000000000000"},
		"array of objects":    {"a.npy", numpy("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }", "xxxxxxxx"), `a.npy: damaged file: header, descr (found "|O"`},
		"negative shape":      {"a.npy", numpy("{'descr': '<f8', 'fortran_order': False, 'shape': (-3, 1), }", ""), "a.npy: "},
		"other members":       {"a.jsonl", jsonLines(24, `{"x": [1, %d], "y": "%s"}`) + `{"z": [1], "y": "low"}`, `a.jsonl:25: member "z" (found it in this line`},
		"nested values":       {"a.jsonl", jsonLines(24, `{"x": [1, %d], "y": "%s"}`) + `{"x": [{"a": 1}], "y": "low"}`, `a.jsonl:25: member "x" (found a list or an object in it`},
		"deeply nested":       {"a.jsonl", `{"x": ` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "}", "a.jsonl:1: line ("},
		"not JSON":            {"a.jsonl", "x: 1\n", "a.jsonl:1: line (found invalid character"},
		"no Parquet":          {"a.parquet", strings.Repeat("PAR1", 1000), "a.parquet: file ("},
		"no archive":          {"a.npz", "PK\x03\x04" + strings.Repeat("x", 1000), "a.npz: "},
	} {
		names, cases = append(names, name), append(cases, c)
		folder := t.TempDir()
		write(t, filepath.Join(folder, c.file), c.content)
		columns := ", sequence: s, time: t"
		if strings.Contains(c.file, ".js") || strings.Contains(c.file, ".np") {
			columns = ""
		}
		config := write(t, filepath.Join(folder, "c.yaml"), fmt.Sprintf(`task: classify
data: {table: {path: %s%s, target: y}, split: {valid: 0.2, test: 0.2}}
model: {layers: [gru: {units: 2}, dense]}
trainer: {max_epochs: 1}
`, c.file, columns))
		calls = append(calls, []string{"train", config, "--out", filepath.Join(folder, "run")})
	}
	for i, m := range measureEach(t, calls) {
		t.Run(names[i], func(t *testing.T) {
			want, o := cases[i].want, checked(t, outcome{calls[i], m.Code, m.Stdout, m.Stderr})
			if want == "" {
				if o.code != 0 {
					t.Errorf("found %s, expected it to train", o.stderr)
				}
				return
			}
			o.mustFail(t, 2, want)
			if m.Peak > maxHostile {
				t.Errorf("found %d KiB, expected at most %d", m.Peak, maxHostile)
			}
		})
	}
}

// measuredCall is what a call of the program left, with the most memory that its process had meanwhile, in KiB.
type measuredCall struct {
	Code           int
	Stdout, Stderr string
	Peak           int
}

// measureEach makes calls one after the other in one process.
func measureEach(t *testing.T, calls [][]string) (measured []measuredCall) {
	t.Helper()
	text, err := json.Marshal(calls)
	if err != nil {
		t.Fatal(err)
	}
	list := write(t, filepath.Join(t.TempDir(), "calls.json"), string(text))
	c := command(t, list)
	c.Env = append(c.Env, eachCall+"=1")
	o := finish(t, c)
	if err := json.Unmarshal([]byte(o.stdout), &measured); err != nil || len(measured) != len(calls) {
		t.Fatalf("found %d of %d calls, exit code %d and %s (%v)", len(measured), len(calls), o.code, o.stderr, err)
	}
	return measured
}

// measured is a command that writes its peak of memory to a file. What the system says of a process that has ended includes what
// this one had when it started it.
func measured(t *testing.T, args ...string) (c *exec.Cmd, peak string) {
	t.Helper()
	c = command(t, args...)
	peak = filepath.Join(t.TempDir(), "peak")
	c.Env = append(c.Env, peakFile+"="+peak)
	return c, peak
}

func expectLittleMemory(t *testing.T, peak string) {
	t.Helper()
	used, err := strconv.Atoi(strings.TrimSpace(read(t, peak)))
	if err != nil {
		t.Fatal(err)
	}
	if used > maxHostile {
		t.Errorf("found %d KiB, expected at most %d", used, maxHostile)
	}
}

func reversed(lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[len(lines)-1-i] = line
	}
	return out
}

// jsonLines is so many lines of a form with a number and a label.
func jsonLines(n int, form string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, form+"\n", i, []string{"low", "high"}[i%2])
	}
	return b.String()
}

// A line without an end is rejected as soon as it is too long; a pipe, which could bring one for ever, is not read at all.
func TestEndlessLine(t *testing.T) {
	t.Parallel()
	for _, begin := range []string{"", "s,t,x,y\n1,1,", "s,t,x,y\n1,1,1,\""} {
		folder := t.TempDir()
		table := write(t, filepath.Join(folder, "table.csv"), begin+strings.Repeat("1", 64<<20))
		config := write(t, filepath.Join(folder, "c.yaml"), `task: classify
data: {table: {path: `+table+`, sequence: s, time: t, target: y}}
model: {layers: [gru: {units: 2}, dense]}
`)
		call, peak := measured(t, "train", config)
		finish(t, call).mustFail(t, 2, table+":…line (found more than 1048576 bytes")
		expectLittleMemory(t, peak)
	}
	config := write(t, filepath.Join(t.TempDir(), "c.yaml"), `task: classify
data: {table: {path: /dev/stdin, sequence: s, time: t, target: y}}
model: {layers: [gru: {units: 2}, dense]}
`)
	call, _ := measured(t, "train", config)
	pipe, err := call.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	finish(t, call).mustFail(t, 2, "/dev/stdin: open (found something that is not a regular file, expected a table)")
}

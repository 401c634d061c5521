package main_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/layers/interchange"
	"github.com/gruexp/gruexp/trainer/data"
)

// torchFile is a file of layers/interchange/testdata, which PyTorch has written.
func torchFile(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "layers", "interchange", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

const (
	numbersModel = `model:
  input: {size: 3}
  layers:
    - gru: {units: 4, bidirectional: true, return_sequences: true}
    - gru: {units: 4, bidirectional: true, return_sequences: true}
    - dense: {units: 2}
`
	tokensModel = `model:
  input: {vocabulary: 11}
  layers:
    - embedding: {units: 3}
    - gru: {units: 4}
    - dense: {units: 2}
`
)

// float32 rounds to 6e-8; PyTorch adds up a few hundred terms in another order
const torchTolerance = 1e-5

// importNumbers makes a run of PyTorch's stacked bidirectional GRU, importTokens one of its embedding and GRU.
func importNumbers(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "run")
	config := write(t, filepath.Join(t.TempDir(), "model.yaml"), numbersModel)
	mustRun(t, "import", "--format", "torch", "--weights", torchFile(t, "numbers.safetensors"), "--config", config, "--out", out)
	return out
}

func importTokens(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "run")
	config := write(t, filepath.Join(t.TempDir(), "model.yaml"), tokensModel)
	mustRun(t, "import", "--format", "torch", "--weights", torchFile(t, "tokens.safetensors"), "--config", config, "--out", out,
		"--map", "words=embedding0", "--map", "head.out=fc")
	return out
}

// predict runs the verb and returns the path of the output, a new file with that ending.
func predict(t *testing.T, run, input, ending string, flags ...string) string {
	t.Helper()
	output := filepath.Join(t.TempDir(), "output"+ending)
	mustRun(t, append([]string{"predict", run, "--input", input, "--output", output}, flags...)...)
	return output
}

func readNPY(t *testing.T, path string) weights.Tensor {
	t.Helper()
	array, err := weights.ReadNPY(path)
	if err != nil {
		t.Fatal(err)
	}
	return array
}

func expectSameArrays(t *testing.T, found, expected weights.Tensor, tolerance float64) {
	t.Helper()
	if found.DType() != expected.DType() || fmt.Sprint(found.Shape) != fmt.Sprint(expected.Shape) {
		t.Fatalf("found %s %v, expected %s %v", found.DType(), found.Shape, expected.DType(), expected.Shape)
	}
	for i, v := range found.Data.([]float32) {
		if e := expected.Data.([]float32)[i]; !(math.Abs(float64(v)-float64(e)) <= tolerance) {
			t.Errorf("element %d: found %v, expected %v", i, v, e)
		}
	}
}

func TestPredictsAsPyTorch(t *testing.T) {
	t.Parallel()
	run := importNumbers(t)
	x, lengths := torchFile(t, "numbers.inputs.npy"), torchFile(t, "numbers.lengths.npy")
	expectSameArrays(t, readNPY(t, predict(t, run, x, ".npy")), readNPY(t, torchFile(t, "numbers.outputs.npy")), torchTolerance)
	expectSameArrays(t, readNPY(t, predict(t, run, x, ".npy", "--lengths", lengths)), readNPY(t, torchFile(t, "numbers.outputs.lengths.npy")), torchTolerance)
	gruexp(t, "predict", run, "--input", x, "--output", filepath.Join(t.TempDir(), "y.npy"), "--stream").mustFail(t, 2,
		"predict --stream: the model cannot run step by step (found gru0: found a layer that runs backward")

	run = importTokens(t)
	x, lengths = torchFile(t, "tokens.inputs.npy"), torchFile(t, "tokens.lengths.npy")
	expected := readNPY(t, torchFile(t, "tokens.outputs.lengths.npy"))
	expectSameArrays(t, readNPY(t, predict(t, run, x, ".npy", "--lengths", lengths)), expected, torchTolerance)
	expectSameArrays(t, readNPY(t, predict(t, run, x, ".npy", "--lengths", lengths, "--stream")), expected, torchTolerance)
}

// What was imported is exported bit for bit, also by the way of another format.
func TestExportGivesBackWhatWasImported(t *testing.T) {
	t.Parallel()
	run := importNumbers(t)
	expected := tensorsOf(t, torchFile(t, "numbers.safetensors"))
	folder := t.TempDir()
	config := write(t, filepath.Join(folder, "model.yaml"), numbersModel)
	for _, format := range interchange.ImportFormats() {
		file, again, back := filepath.Join(folder, string(format)), filepath.Join(folder, string(format)+"-run"), filepath.Join(folder, string(format)+"-back")
		mustRun(t, "export", run, "--format", string(format), "--output", file)
		mustRun(t, "import", "--format", string(format), "--weights", file, "--config", config, "--out", again)
		mustRun(t, "export", again, "--format", "torch", "--output", back)
		if found := tensorsOf(t, back); found != expected {
			t.Errorf("%s: found\n%s\nexpected\n%s", format, found, expected)
		}
	}
	if m, _, err := interchange.Read(filepath.Join(folder, "safetensors")); err != nil || len(m.Params()) != 18 {
		t.Errorf("found %v, expected that an exported model file is a whole model", err)
	}
}

// tensorsOf writes the tensors of a safetensors file down, to the bit.
func tensorsOf(t *testing.T, path string) string {
	t.Helper()
	file, err := weights.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]string{}
	for _, x := range file.Tensors {
		lines[x.Name] = fmt.Sprintf("%s %v %x", x.DType(), x.Shape, x.Data)
	}
	text, err := json.MarshalIndent(lines, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The same sequences from every kind of file to every kind of file.
func TestKindsOfFiles(t *testing.T) {
	t.Parallel()
	run := importNumbers(t)
	x, lengths := readNPY(t, torchFile(t, "numbers.inputs.npy")), readNPY(t, torchFile(t, "numbers.lengths.npy")).Data.([]int64)
	expected := rowsOfOutputs(t, predict(t, run, torchFile(t, "numbers.inputs.npy"), ".jsonl", "--lengths", torchFile(t, "numbers.lengths.npy")))

	var table, lines strings.Builder
	table.WriteString("sequence,a,b,time,c\n")
	for b, n := range lengths {
		var steps []string
		for step := range int(n) {
			var row []any
			for d := range 3 {
				row = append(row, x.Data.([]float32)[(step*len(lengths)+b)*3+d])
			}
			fmt.Fprintf(&table, "s%d,%v,%v,%d,%v\n", b, row[0], row[1], step, row[2])
			steps = append(steps, fmt.Sprintf("[%v, %v, %v]", row...))
		}
		fmt.Fprintf(&lines, `{"sequence": "s%d", "inputs": [%s]}`+"\n", b, strings.Join(steps, ", "))
	}
	folder := t.TempDir()
	for _, input := range []string{
		write(t, filepath.Join(folder, "in.csv"), table.String()), write(t, filepath.Join(folder, "in.jsonl"), lines.String()),
	} {
		for _, ending := range []string{".csv", ".jsonl"} {
			found := rowsOfOutputs(t, predict(t, run, input, ending))
			if found != strings.ReplaceAll(expected, "\n", "\ns") {
				t.Errorf("%s to %s: found\n%s\nexpected\n%s", input, ending, found, expected)
			}
		}
		array := readNPY(t, predict(t, run, input, ".npy"))
		expectSameArrays(t, array, readNPY(t, torchFile(t, "numbers.outputs.lengths.npy")), torchTolerance)
	}
}

// rowsOfOutputs writes the outputs of a .csv or .jsonl file down in one form, a line per step: sequence, step, numbers. A
// sequence without a name has its number.
func rowsOfOutputs(t *testing.T, path string) string {
	t.Helper()
	var rows strings.Builder
	if filepath.Ext(path) == ".csv" {
		records, err := csv.NewReader(strings.NewReader(read(t, path))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records[1:] {
			fmt.Fprintf(&rows, "\n%s %s [%s]", r[0], r[1], strings.Join(r[2:], " "))
		}
		return rows.String()
	}
	for i, text := range strings.Split(strings.TrimSpace(read(t, path)), "\n") {
		line := struct {
			Sequence string
			Outputs  [][]json.Number
		}{Sequence: strconv.Itoa(i)}
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
		for step, values := range line.Outputs {
			fmt.Fprintf(&rows, "\n%s %d %v", line.Sequence, step, values)
		}
	}
	return rows.String()
}

// A run that was trained on a table predicts from rows like those: scaled, filled and with all inputs as in training. What
// it was trained on is not needed any more.
func TestPredictAfterTraining(t *testing.T) {
	t.Parallel()
	file := experiment(t, regressSwings)
	run := filepath.Join(t.TempDir(), "run")
	r := mustRun(t, "train", file, "--out", run, "--json").result(t)
	table := filepath.Join(t.TempDir(), "swings.csv")
	if err := os.Rename(filepath.Join(filepath.Dir(file), "swings.csv"), table); err != nil {
		t.Fatal(err)
	}

	graph, stream := predict(t, run, table, ".csv", "--unscaled"), predict(t, run, table, ".csv", "--stream", "--unscaled")
	found, streamed := column(t, graph, "period"), column(t, stream, "period")
	periods := map[string]float64{}
	for _, record := range records(t, table) {
		periods[record["run"]] = parse(t, record["period"])
	}
	if len(found) != len(periods) {
		t.Fatalf("found %d predictions, expected %d", len(found), len(periods))
	}
	sum := 0.0
	for sequence, v := range found {
		if math.Abs(v-streamed[sequence]) > 1e-5 { // periods are about 20
			t.Errorf("sequence %s: found %v step by step, expected %v", sequence, streamed[sequence], v)
		}
		sum += math.Abs(v - periods[sequence])
	}
	// All parts are in the one file; the mean over it lies between their means.
	mae := sum / float64(len(found))
	if low, high := min(r.Train["mae"], r.Valid["mae"], r.Test["mae"]), max(r.Train["mae"], r.Valid["mae"], r.Test["mae"]); mae < low-1e-5 || mae > high+1e-5 {
		t.Errorf("found a mean absolute error of %v, expected one from %v to %v as in training", mae, low, high)
	}
}

// records are the rows of a CSV file by the names of their columns.
func records(t *testing.T, path string) []map[string]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(read(t, path))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]string
	for _, row := range rows[1:] {
		record := map[string]string{}
		for i, name := range rows[0] {
			record[name] = row[i]
		}
		all = append(all, record)
	}
	return all
}

// column is the numbers of a column by sequence.
func column(t *testing.T, path, name string) map[string]float64 {
	t.Helper()
	values := map[string]float64{}
	for _, record := range records(t, path) {
		values[record["sequence"]] = parse(t, record[name])
	}
	return values
}

func parse(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A model of texts reads texts, and token ids; an empty text is a sequence, too.
func TestPredictTexts(t *testing.T) {
	t.Parallel()
	run := filepath.Join(t.TempDir(), "run")
	mustRun(t, "train", "--out", run, "--set", "trainer.max_epochs=1", "--set", "data.batch_size=512",
		"--set", "model.layers=[embedding: {units: 2}, gru: {units: 2}, dense]")
	input := write(t, filepath.Join(t.TempDir(), "in.jsonl"), `{"text": "Frankreich"}
{"text": ""}
{"tokens": [1, 2]}
`)
	found, streamed := read(t, predict(t, run, input, ".csv")), read(t, predict(t, run, input, ".csv", "--stream"))
	if !strings.HasPrefix(found, "sequence,class,probability,ast,az,") || strings.Count(found, "\n") != 4 {
		t.Errorf("found %q, expected a column for each language and a row for each text", found)
	}
	for i, row := range records(t, write(t, filepath.Join(t.TempDir(), "streamed.csv"), streamed)) {
		if row["de"] == "" || math.Abs(parse(t, row["de"])-parse(t, records(t, write(t, filepath.Join(t.TempDir(), "found.csv"), found))[i]["de"])) > 1e-6 {
			t.Errorf("sequence %d: found %v step by step", i, row["de"])
		}
	}
}

// A model with a decoder writes texts: those of a translator.
func TestPredictTranslations(t *testing.T) {
	t.Parallel()
	m, err := layers.NewModel(layers.ModelConfig{
		Input:   layers.Input{Vocabulary: 3},
		Layers:  []layers.LayerConfig{{Embedding: &layers.EmbeddingConfig{Units: 4}}, {GRU: &layers.GRUConfig{Units: 4, ReturnSequences: true}}},
		Decoder: &layers.DecoderConfig{Embedding: layers.EmbeddingConfig{Units: 3}, GRU: layers.GRUConfig{Units: 4}},
	}, layers.Head{Loss: layers.CrossEntropy, Units: 6, Sequence: true}, tensor.Float32, graph.NewStreams(4))
	if err != nil {
		t.Fatal(err)
	}
	run := t.TempDir()
	write(t, filepath.Join(run, "config.yaml"), "task: translate\n")
	f, err := os.Create(filepath.Join(run, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	signature := `{"alphabet": ["", "a", "b"], "target_alphabet": ["", "", "", "x", "y", "ü"]}`
	if err := interchange.Write(f, m, map[string]string{"gruexp.signature": signature}); err != nil {
		t.Fatal(err)
	}
	translator, err := layers.NewTranslator[float32](m, data.StartToken, data.EndToken)
	if err != nil {
		t.Fatal(err)
	}
	var csv, jsonl, lines strings.Builder
	csv.WriteString("sequence,text\n")
	for i, tokens := range [][]int{{1, 2, 2, 0}, {}, {2}} {
		fmt.Fprintf(&lines, `{"tokens": %s}`+"\n", strings.ReplaceAll(fmt.Sprint(tokens), " ", ", "))
		if err := translator.ReadTokens(tokens); err != nil {
			t.Fatal(err)
		}
		written, err := translator.Greedy(2*len(tokens) + 50)
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, token := range written.Tokens {
			text += []string{"", "", "", "x", "y", "ü"}[token]
		}
		fmt.Fprintf(&csv, "%d,%s\n", i, text)
		fmt.Fprintf(&jsonl, `{"outputs":%s,"text":"%s"}`+"\n", strings.ReplaceAll(fmt.Sprint(written.Tokens), " ", ","), text)
	}
	input := write(t, filepath.Join(t.TempDir(), "in.jsonl"), lines.String())
	if found := read(t, predict(t, run, input, ".csv")); found != csv.String() || len(found) < 60 {
		t.Errorf("found\n%s\nexpected\n%s", found, csv.String())
	}
	if found := read(t, predict(t, run, input, ".jsonl", "--stream")); found != jsonl.String() {
		t.Errorf("found\n%s\nexpected\n%s", found, jsonl.String())
	}
	if array := readNPY(t, predict(t, run, input, ".npy")); array.Shape[1] != 3 || array.DType() != weights.I64 {
		t.Errorf("found %s %v, expected tokens of 3 sequences", array.DType(), array.Shape)
	}
	gruexp(t, "export", run, "--format", "onnx", "--output", "x").mustFail(t, 2, "cannot be kept in this format: model.decoder")
}

func TestWrongInputs(t *testing.T) {
	t.Parallel()
	numbers, tokens := importNumbers(t), importTokens(t)
	folder := t.TempDir()
	file := func(name, text string) string { return write(t, filepath.Join(folder, name), text) }
	for _, c := range []struct{ run, input, flags, want string }{
		{numbers, file("a.jsonl", ""), "", "a.jsonl: inputs (found no lines, expected a JSON object in each line)"},
		{numbers, file("b.jsonl", "{}\n"), "", "b.jsonl:1: line (found other members, expected an object with inputs, a list of steps"},
		{numbers, file("c.jsonl", `{"inputs": [[1, 2, 3]]}`+"\n"+`{"inputs": [[1, 2]]}`), "", "c.jsonl:2: step 0 (found 2 numbers, expected 3)"},
		{numbers, file("d.jsonl", `{"inputs": [[1, 2, "x"]]}`), "", "d.jsonl:1: line (found a string as inputs, expected"},
		{numbers, file("e.jsonl", `{"inputs": [[1, null, 3]]}`), "", "e.jsonl: sequence 0, step 0, input 1 (found NaN, expected a finite number)"},
		{numbers, file("f.jsonl", `{"inputs": [], "x": 1}`), "", `f.jsonl:1: line (found json: unknown field "x"`},
		{numbers, file("g.jsonl", `{"inputs": []} {}`), "", "g.jsonl:1: line (found more than one value"},
		{numbers, file("h.jsonl", `{"inputs": [[1, 2, 3]], "sequence": "a"}`+"\n"+`{"inputs": []}`), "", "h.jsonl: names (found 1 lines of 2 with a sequence, expected all or none)"},
		{tokens, file("i.jsonl", `{"tokens": [1, 11]}`), "", "i.jsonl:1: tokens, step 1 (found token 11, expected 0 to 10)"},
		{tokens, file("j.jsonl", `{"text": "a"}`), "", "j.jsonl:1: line (found other members, expected an object with tokens, a list of ids)"},
		{tokens, file("k.csv", "x\n1\n"), "", "k.csv: a table for a model of tokens"},
		{numbers, file("l.csv", "x\n1\n"), "", "l.csv:1: header (found 1 columns beside sequence and time"},
		{numbers, file("m.csv", "x,y,z\n1,,2\n"), "", `m.csv:2: column "y" (found ""`},
		{numbers, file("n.npy", "hello"), "", "n.npy: damaged file: magic number (found"},
		{numbers, torchFile(t, "tokens.inputs.npy"), "", "tokens.inputs.npy: inputs of another shape or type (found I64 [7 1 5], expected numbers [T,B,3], or [T,3] of one sequence)"},
		{tokens, torchFile(t, "numbers.inputs.npy"), "", "numbers.inputs.npy: inputs of another shape or type (found F32 [7 5 3], expected int64 or int32 [T,B])"},
		{numbers, torchFile(t, "numbers.inputs.npy"), "--lengths " + torchFile(t, "tokens.inputs.npy"), "lengths of another shape or type (found I64 [7 5], expected int64 or int32 [5])"},
		{numbers, folder + "/nothing.npy", "", "nothing.npy: cannot be read (found no such file or directory"},
		{numbers, folder + "/nothing.csv", "", "nothing.csv: open (found no such file"},
		{numbers, folder + "/nothing.jsonl", "", "nothing.jsonl: cannot be read (found no such file or directory"},
		{folder, file("o.jsonl", "{}"), "", "is not a run (found no config.yaml"},
		{numbers, folder + "/a.jsonl", "--lengths x.npy", "--lengths: does not belong to this input"},
	} {
		args := append([]string{"predict", c.run, "--input", c.input, "--output", filepath.Join(folder, "out.npy")}, strings.Fields(c.flags)...)
		gruexp(t, args...).mustFail(t, 2, c.want)
	}
	empty := write(t, filepath.Join(folder, "p.npy"), "\x93NUMPY\x01\x00\x46\x00"+fmt.Sprintf("%-69s\n", "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 1073741824, 3)}"))
	gruexp(t, "predict", numbers, "--input", empty, "--output", folder+"/y.npy").mustFail(t, 2, "p.npy: damaged file: header, shape (found [0 1073741824 3]")
	long := file("q.jsonl", `{"inputs": [[1, 2, 3]`+strings.Repeat(", [1, 2, 3]", 9999)+"]}\n"+strings.Repeat(`{"inputs": []}`+"\n", 110000))
	gruexp(t, "predict", numbers, "--input", long, "--output", folder+"/y.npy").mustFail(t, 2, "y.npy: the array is too large (found 10000 steps of 110001 sequences with 2 outputs, expected at most 2147483648 elements")
	gruexp(t, "predict", numbers, "--input", torchFile(t, "numbers.inputs.npy"), "--output", folder+"/y.npy", "--unscaled").mustFail(t, 2, "predict --unscaled: the outputs have no scale")
	gruexp(t, "predict", numbers).mustFail(t, 2, "predict: missing flag (found no --input", "predict: missing flag (found no --output")
	gruexp(t, "predict", numbers, "--input", "x.txt", "--output", "y.npz").mustFail(t, 2, `--output y.npz: unknown kind of file (found ".npz"`)
	gruexp(t, "predict", numbers, "--input", "x.txt", "--output", "y.npy").mustFail(t, 2, `x.txt: unknown kind of file (found ".txt"`)
	gruexp(t, "predict", numbers, "--input", torchFile(t, "numbers.inputs.npy"), "--output", "y.npy", "--raw", "--unscaled").mustFail(t, 2,
		"predict: flags that contradict each other (found --raw and --unscaled, expected one of them)")
	gruexp(t, "predict", numbers, "--input", torchFile(t, "numbers.inputs.npy"), "--output", folder+"/none/y.npy").mustFail(t, 2,
		"none/y.npy: cannot be written (found no such file or directory")
}

func TestWrongImportsAndExports(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	numbers := write(t, filepath.Join(folder, "numbers.yaml"), numbersModel)
	torch := torchFile(t, "numbers.safetensors")
	out := filepath.Join(folder, "run")
	imports := func(format, weights, config string, more ...string) outcome {
		return gruexp(t, append([]string{"import", "--format", format, "--weights", weights, "--config", config, "--out", out}, more...)...)
	}
	imports("onnx", torch, numbers).mustFail(t, 2, `import: wrong value of --format (found "onnx", expected one of safetensors, torch, keras, npz`)
	imports("torch", torch, numbers, "--map", "x", "--map", "=").mustFail(t, 2, `wrong value of --map (found "x"`, `wrong value of --map (found "="`)
	imports("torch", torch, numbers, "--map", "a=gru9").mustFail(t, 2, `--map: wrong name (found "a=gru9", expected after the = one of `)
	imports("keras", torch, numbers).mustFail(t, 2, "numbers.safetensors: damaged file: archive (found zip: not a valid zip file")
	imports("torch", torch, write(t, filepath.Join(folder, "no.yaml"), "model: {layers: [gru: {units: 0}, dense]}\n")).mustFail(t, 2,
		"no.yaml:1: wrong value of model.layers.0.gru.units (found 0")
	imports("torch", torch, write(t, filepath.Join(folder, "open.yaml"), "precision: float16\nmodel: {layers: [gru, dense]}\n")).mustFail(t, 2,
		`open.yaml:1: wrong value of precision`, `open.yaml:2: wrong value of model.input (found "neither vocabulary nor size"`, `open.yaml:2: wrong value of model.layers (found "no units in the last dense layer"`)
	imports("torch", torch, write(t, filepath.Join(folder, "other.yaml"), strings.ReplaceAll(numbersModel, "{units: 2}", "{units: 3}"))).mustFail(t, 2,
		`tensor "fc.weight" does not fit the model (found F32 [2 8], expected F32 [3 8])`, `tensor "fc.bias" does not fit the model (found F32 [2], expected F32 [3])`)
	imports("torch", torch, write(t, filepath.Join(folder, "wide.yaml"), "precision: float64\n"+strings.ReplaceAll(numbersModel, "    - gru: {units: 4, bidirectional: true, return_sequences: true}\n    - gru", "    - gru"))).mustFail(t, 2,
		slicesOf(`…tensor "…" does not fit the model (found F32`, 18)...)
	if _, err := os.Stat(out); err == nil {
		t.Error("found a run directory after refused imports")
	}

	run := importNumbers(t)
	imports("torch", torch, numbers, "--out", run).mustFail(t, 2, "holds another run (found its config.yaml")
	gruexp(t, "export", run).mustFail(t, 2, "export: missing flag (found no --format", "export: missing flag (found no --output")
	gruexp(t, "export", run, "--format", "tensorflow", "--output", "x").mustFail(t, 2, `export: wrong value of --format (found "tensorflow"`)
	gruexp(t, "export", run, "--format", "torch", "--output", "x", "--map", "a=b").mustFail(t, 2, `--map: wrong name (found "a=b", expected after the = one of bias_hh_l0, `)
	if err := os.WriteFile(filepath.Join(run, "model.safetensors"), []byte("\xff\xff\xff\xff\xff\xff\xff\x0f"), 0o600); err != nil {
		t.Fatal(err)
	}
	gruexp(t, "export", run, "--format", "torch", "--output", "x").mustFail(t, 2, "model.safetensors: damaged file: header's length (found 1152921504606846975 bytes")
}

func slicesOf(text string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = text
	}
	return all
}

// What a classifier predicts is a class with its probability; --raw and .npy have the logits.
func TestPredictClasses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var table strings.Builder
	table.WriteString("seq,x,kind\n")
	for i := range 60 {
		kind := []string{"down", "up"}[i%2]
		for step := range 5 {
			fmt.Fprintf(&table, "s%d,%d,%s\n", i, (2*(i%2)-1)*step+i%3, kind)
		}
	}
	write(t, filepath.Join(folder, "walks.data"), table.String()) // an ending that says nothing
	run := filepath.Join(folder, "run")
	mustRun(t, "train", write(t, filepath.Join(folder, "mine.yaml"), `task: classify
data:
  table: {path: walks.data, sequence: seq, target: kind}
model: {layers: [gru: {units: 4}, dense]}
solver: {learning_rate: 0.05}
trainer: {max_epochs: 10}
`), "--out", run)
	input := filepath.Join(folder, "walks.data")
	classes, raw := records(t, predict(t, run, input, ".csv")), records(t, predict(t, run, input, ".csv", "--raw"))
	if len(classes) != 60 || len(raw) != 60 {
		t.Fatalf("found %d and %d rows, expected 60", len(classes), len(raw))
	}
	for i, row := range classes {
		down, up := parse(t, raw[i]["down"]), parse(t, raw[i]["up"])
		if class := map[bool]string{true: "up", false: "down"}[up > down]; row["class"] != class || row["probability"] != row[class] {
			t.Errorf("found %v, expected the class of the logits %v", row, raw[i])
		}
		if p := 1 / (1 + math.Exp(down-up)); math.Abs(p-parse(t, row["up"])) > 1e-6 { // printed as float32
			t.Errorf("found the probability %s of up, expected %v", row["up"], p)
		}
	}
	var line map[string]any
	first, _, _ := strings.Cut(read(t, predict(t, run, input, ".jsonl")), "\n")
	if err := json.Unmarshal([]byte(first), &line); err != nil || line["class"] != classes[0]["class"] || line["sequence"] != "s0" || len(line) != 5 {
		t.Errorf("found %s, %v, expected sequence, class, probability, down and up", first, err)
	}
	if array := readNPY(t, predict(t, run, input, ".npy")); fmt.Sprint(array.Shape) != "[60 2]" || math.Abs(float64(array.Data.([]float32)[0])-parse(t, raw[0]["down"])) > 1e-6 {
		t.Errorf("found %v %v, expected the logits", array.Shape, array.Data)
	}
}

// A forecast from fewer rows than the window is said.
func TestPredictFromFewRows(t *testing.T) {
	t.Parallel()
	file := experiment(t, forecastHours)
	run := filepath.Join(t.TempDir(), "run")
	mustRun(t, "train", file, "--out", run, "--set", "trainer.max_epochs=1")
	lines := strings.SplitAfter(read(t, filepath.Join(filepath.Dir(file), "temperatures.csv")), "\n")
	few := write(t, filepath.Join(t.TempDir(), "few.csv"), strings.Join(lines[:4], ""))
	r := mustRun(t, "predict", run, "--input", few, "--output", filepath.Join(t.TempDir(), "y.csv"))
	if !strings.Contains(r.stderr, "few.csv: 1 sequences have fewer rows than the window of 24") {
		t.Errorf("found %q, expected a word on the few rows", r.stderr)
	}
}

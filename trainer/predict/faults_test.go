package predict_test

import (
	"context"
	"errors"
	"math"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/layers/runtime"
	"github.com/gruexp/gruexp/layers/spec"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/predict"
)

// small makes a predictor of a model whose parameters are all 0.1.
func small(t *testing.T, cfg spec.ModelConfig, head spec.Head, p data.Preparation) *predict.Predictor {
	t.Helper()
	plan, err := spec.NewPlan(cfg, head)
	if err != nil {
		t.Fatal(err)
	}
	var arrays []weights.Tensor
	for _, param := range plan.Params() {
		arrays = append(arrays, weights.Tensor{Name: param.Name, Shape: param.Shape, Data: slices.Repeat([]float32{0.1}, int(param.Elements()))})
	}
	m, err := runtime.New(cfg, head, arrays)
	if err != nil {
		t.Fatal(err)
	}
	made, err := predict.New(m, p)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func numbersModel(t *testing.T, size int, p data.Preparation) *predict.Predictor {
	return small(t, spec.ModelConfig{Input: spec.Input{Size: size}, Layers: []spec.LayerConfig{{GRU: &spec.GRUConfig{Units: 2}}}},
		spec.Head{Loss: spec.MeanSquaredError, Units: 2}, p)
}

func tokensModel(t *testing.T) *predict.Predictor {
	return small(t, spec.ModelConfig{
		Input:  spec.Input{Vocabulary: 3},
		Layers: []spec.LayerConfig{{Embedding: &spec.EmbeddingConfig{Units: 2}}, {GRU: &spec.GRUConfig{Units: 2}}, {Dense: &spec.DenseConfig{}}},
	}, spec.Head{Loss: spec.CrossEntropy, Units: 2}, data.Preparation{Alphabet: []string{"", "a", "b"}, Classes: []string{"x", "y"}})
}

func columns(names ...string) []data.InputColumn {
	var all []data.InputColumn
	for _, name := range names {
		all = append(all, data.InputColumn{Name: name, Scale: 1})
	}
	return all
}

// TestWrongInputs: everything that does not fit is an error that says what was found and what is expected.
func TestWrongInputs(t *testing.T) {
	t.Parallel()
	plain, tokens := numbersModel(t, 2, data.Preparation{}), tokensModel(t)
	named := numbersModel(t, 2, data.Preparation{Table: &data.TableInputs{Fill: data.FillForward, Columns: columns("a", "b"), Markers: []string{"NA"}}})
	category := numbersModel(t, 2, data.Preparation{Table: &data.TableInputs{Fill: data.FillZero, Time: "when", Columns: []data.InputColumn{
		{Name: "c=x", Of: "c", Category: "x", Scale: 1}, {Name: "hour", Calendar: data.CalendarHour, Scale: 1},
	}}})
	gaps := numbersModel(t, 2, data.Preparation{Table: &data.TableInputs{Fill: data.FillForward, Time: "t", Gap: true, Columns: columns("a")}})
	for _, test := range []struct {
		name, words string
		p           *predict.Predictor
		sequence    predict.Sequence
	}{
		{"names for none", "the columns of the model have no names (found rows with names, expected Numbers)", plain, predict.Rows{{"a": 1}}},
		{"width", "step 1 (found 3 numbers, expected 2)", plain, predict.Numbers{{1, 2}, {1, 2, 3}}},
		{"missing", "step 0, input 1 (found NaN, expected a finite number)", plain, predict.Numbers{{1, math.NaN()}}},
		{"text for numbers", "the model reads numbers (found a text, expected Numbers)", plain, predict.Text("a")},
		{"numbers for tokens", "the model reads tokens (found numbers, expected Text or Tokens)", tokens, predict.Numbers{{1, 2}}},
		{"rows for tokens", "the model reads tokens (found rows, expected Text or Tokens)", tokens, predict.Rows{{"a": 1}}},
		{"token", "step 1 (found token 3, expected 0 to 2)", tokens, predict.Tokens{1, 3}},
		{"no rows", "no rows (expected at least one)", named, predict.Rows{}},
		{"column", `missing column (found the columns A, b, expected a column "a")`, named, predict.Rows{{"A": 1, "b": 2}, {"b": 3}}},
		{"width of names", "step 0 (found 1 numbers, expected 2: a, b)", named, predict.Numbers{{1}}},
		{"type", `sequence 0:2: column "b" (found "two", expected a finite number`, named, predict.Rows{{"a": 1, "b": 2}, {"a": 1, "b": "two"}}},
		{"infinity", `sequence 0:1: column "a" (found "+Inf", expected a finite number`, named, predict.Rows{{"a": math.Inf(1), "b": 2}}},
		{"kind of column", "column a (found map[string]int, expected a slice", named, predict.Columns{"a": map[string]int{}}},
		{"lengths of columns", "column b (found 1 rows, expected 2 as in the column a)", named, predict.Columns{"a": []int{1, 2}, "b": []float64{1}}},
		{"tokens for rows", "the model reads numbers (found tokens, expected Rows with the columns a, b)", named, predict.Tokens{1}},
		{"category", `column "c" (found a value of type []string, expected a number, a text, a bool, a time.Time or nil)`, category, predict.Rows{{"c": []string{"x"}, "when": time.Now()}}},
		{"date", `column "when" (found numbers, expected times, as time.Time: inputs are made of the calendar)`, category, predict.Rows{{"c": "x", "when": 3.0}}},
		{"no date", `missing column (found the columns c, expected a column "when")`, category, predict.Rows{{"c": "x"}}},
		{"numbers for texts", "the inputs are made of texts or dates as well (found numbers without names, expected Rows with the columns c)", category, predict.Numbers{{1, 2}}},
		{"numbers without times", `the time between rows is missing (found numbers alone, expected a table with the column "t"`, gaps, predict.Numbers{{1}}},
		{"same time", "the time of line 1 again", gaps, predict.Rows{{"a": 1, "t": 5}, {"a": 1, "t": 5}}},
	} {
		_, err := test.p.Predict(context.Background(), test.sequence)
		var found *fault.Error
		if !errors.As(err, &found) || !strings.Contains(err.Error(), test.words) {
			t.Errorf("%s: found %v, expected a fault with %q", test.name, err, test.words)
		}
	}
	if _, err := plain.Predict(context.Background()); err == nil || !strings.Contains(err.Error(), "no input") {
		t.Errorf("nothing: found %v", err)
	}
	if _, err := plain.Translate(context.Background(), predict.Numbers{{1, 2}}, predict.Beam{}); err == nil || !strings.Contains(err.Error(), "without a decoder") {
		t.Errorf("translate: found %v", err)
	}
}

func TestWrongSteps(t *testing.T) {
	t.Parallel()
	second := func(_ *predict.Prediction, err error) error { return err }
	plain, tokens := numbersModel(t, 2, data.Preparation{}), tokensModel(t)
	linear := numbersModel(t, 1, data.Preparation{Table: &data.TableInputs{Fill: data.FillLinear, Columns: columns("a")}})
	timed := numbersModel(t, 2, data.Preparation{Table: &data.TableInputs{Fill: data.FillForward, Time: "t", Gap: true, Columns: columns("a")}})
	ordered := timed.Stream()
	if _, err := ordered.Step(predict.Row{"a": 1, "t": 5}); err != nil {
		t.Fatal(err)
	}
	state, err := tokens.Stream().Save()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, words string
		err         error
	}{
		{"names", "the columns of the model have no names", second(plain.Stream().Step(predict.Row{"a": 1}))},
		{"width", "a row (found 3 numbers, expected 2)", second(plain.Stream().StepNumbers([]float64{1, 2, 3}))},
		{"tokens", "the model reads numbers", second(plain.Stream().StepToken(1))},
		{"numbers", "the model reads tokens", second(tokens.Stream().StepNumbers([]float64{1}))},
		{"token", "found token -1, expected 0 to 2", second(tokens.Stream().StepToken(-1))},
		{"text", "a text without tokens", second(tokens.Stream().StepText(""))},
		{"linear", "missing.fill: linear, which needs the next value", second(linear.Stream().Step(predict.Row{"a": 1}))},
		{"no names", "the inputs are made of texts or times as well (found numbers without names, expected Step with the columns a, t)", second(timed.Stream().StepNumbers([]float64{1}))},
		{"order", "a row that is not later than the one before (found 5, expected rows in the order of t)", second(ordered.Step(predict.Row{"a": 1, "t": 5}))},
		{"state", "the saved state does not fit the model (found 3 bytes of another kind", plain.Stream().Restore([]byte("abc"))},
		{"cut state", "the saved state does not fit the model", tokens.Stream().Restore(state[:len(state)-3])},
	} {
		if fault.Of(test.err) == nil || !strings.Contains(test.err.Error(), test.words) {
			t.Errorf("%s: found %v, expected a fault with %q", test.name, test.err, test.words)
		}
	}
}

// TestLargeTimesAreStreamed: nanoseconds since 1970, which float64 rounds, have the gaps that they have in whole sequences, and after a
// stream was saved and restored.
func TestLargeTimesAreStreamed(t *testing.T) {
	t.Parallel()
	p := numbersModel(t, 2, data.Preparation{Table: &data.TableInputs{Fill: data.FillForward, Time: "t", Gap: true, Columns: columns("a")}})
	var rows predict.Rows
	for i, at := range []int64{0, 3, 10, 1 << 40} {
		row := predict.Row{"a": 0.5, "t": 1_700_000_000_000_000_001 + at}
		if i == 2 {
			row["a"] = nil
		}
		rows = append(rows, row)
	}
	stream := p.Stream()
	for i, row := range rows {
		streamed, err := stream.Step(row)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := p.Predict(t.Context(), rows[:i+1])
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(streamed.Raw, whole[0].Raw) {
			t.Errorf("row %d: found %v, expected %v as of the whole sequence", i, streamed.Raw, whole[0].Raw)
		}
		state, err := stream.Save()
		if err != nil {
			t.Fatal(err)
		}
		stream = p.Stream()
		if err := stream.Restore(state); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := stream.Step(predict.Row{"a": 1, "t": int64(1_700_000_000_000_000_001)}); err == nil || !strings.Contains(err.Error(), "not later") {
		t.Errorf("found error %v of a row that is earlier", err)
	}
}

// TestUnknownIsCounted: what the training part did not have is predicted as in an evaluation, and counted.
func TestUnknownIsCounted(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	found, err := tokensModel(t).Predict(ctx, predict.Text("abcd"), predict.Text("a"))
	if err != nil || found[0].Unknown != 2 || found[1].Unknown != 0 {
		t.Errorf("found %+v, %v, expected 2 unknown characters in the first text", found, err)
	}
	category := numbersModel(t, 1, data.Preparation{Table: &data.TableInputs{Fill: data.FillZero, Sequence: "id", Columns: []data.InputColumn{{Name: "c=x", Of: "c", Category: "x", Scale: 1}}}})
	found, err = category.Predict(ctx, predict.Rows{{"id": 1, "c": "x"}, {"id": 2, "c": "y"}, {"id": 1, "c": "z"}, {"id": 2, "c": nil}, {"id": 2, "c": "z"}})
	if err != nil || len(found) != 2 || found[0].Unknown != 1 || found[1].Unknown != 2 || found[0].Name != "1" {
		t.Errorf("found %+v, %v, expected 1 and 2 unknown categories", found, err)
	}
}

// TestPredictorsAreShared: several goroutines predict at the same time.
func TestPredictorsAreShared(t *testing.T) {
	t.Parallel()
	p := tokensModel(t)
	expected, err := p.Predict(context.Background(), predict.Text("abba"))
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 20 {
				found, err := p.Predict(context.Background(), predict.Text("abba"), predict.Text("b"))
				if err != nil || found[0].Probability != expected[0].Probability {
					t.Errorf("found %+v, %v, expected %+v", found, err, expected)
				}
			}
		})
	}
	group.Wait()
}

// TestStepsAllocateNothing: a step of numbers without missing ones uses the memory of the stream.
func TestStepsAllocateNothing(t *testing.T) {
	s := numbersModel(t, 2, data.Preparation{
		Table:       &data.TableInputs{Fill: data.FillForward, Columns: columns("a", "b")},
		TargetScale: []float64{2, 2}, TargetOffset: []float64{0, 1},
	}).Stream()
	row := []float64{1, 2}
	if n := testing.AllocsPerRun(50, func() {
		if _, err := s.StepNumbers(row); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("found %v allocations in a step, expected none", n)
	}
}

// TestImports holds what a program links that predicts.
func TestImports(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Skipf("go list: %v", err)
	}
	allowed := []string{"golang.org/x/sys/cpu", "github.com/pkg/errors", "github.com/gruexp/gruexp/"}
	for _, name := range strings.Fields(string(out)) {
		host, _, _ := strings.Cut(name, "/")
		if strings.Contains(host, ".") && !slices.ContainsFunc(allowed, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			t.Errorf("found the import %s, expected none but %q", name, allowed)
		}
	}
}

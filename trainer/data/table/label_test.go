package table

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

func TestLabelTable(t *testing.T) {
	loaded := loadTable(t, data.Config{
		Table: &data.TableConfig{
			Train:    datatest.Write(t, "a.csv", "s,t,x,state", "a,1,1,on", "a,2,2,off", "b,1,3,", "b,2,4,on", "c,1,5,", "b,3,5,off"),
			Test:     datatest.Write(t, "b.csv", "s,t,x,state", "d,1,1,off", "d,2,2,off"),
			Sequence: "s", Time: "t", Target: "state",
		},
		Missing: &data.MissingConfig{Fill: data.FillLinear}, Scale: data.ScaleNone, Split: &data.SplitConfig{Valid: datatest.Fraction(0)},
	}, data.Label)
	if loaded.Spec.TargetKind != data.ClassPerStep || !slices.Equal(loaded.Spec.Classes, []string{"off", "on"}) || !slices.Equal(loaded.Spec.FeatureNames, []string{"x"}) {
		t.Fatalf("found %+v", loaded.Spec)
	}
	b := datatest.FillAll(t, loaded.Train)
	// The sequence c has no label and is left out; the first row of b has none and does not count.
	if !slices.Equal(b.Labels, []int{1, 0, 0, 1, 0, 0}) || !slices.Equal(b.Weights, []float64{1, 0, 1, 1, 0, 1}) || !slices.Equal(b.Mask, []float64{1, 1, 1, 1, 0, 1}) {
		t.Errorf("found labels %v, weights %v, mask %v", b.Labels, b.Weights, b.Mask)
	}
	if accuracy := datatest.BaselineOf(t, loaded, "majority", "accuracy"); accuracy != 1 {
		t.Errorf("found majority accuracy %g, expected 1: of equals it is the first", accuracy)
	}
}

// One long series is cut where parts meet and into windows; no row is in two parts, and each has its own label.
func TestLabelsOfOneSeries(t *testing.T) {
	lines := []string{"t,x,odd"}
	for i := range 40 {
		lines = append(lines, fmt.Sprintf("%d,%d,%d", i, i, i%2))
	}
	loaded := loadTable(t, data.Config{
		Table:    &data.TableConfig{Path: datatest.Write(t, "a.csv", lines...), Time: "t", Target: "odd"},
		Forecast: &data.ForecastConfig{Window: 7}, Scale: data.ScaleNone, Split: &data.SplitConfig{Valid: datatest.Fraction(0.2), Test: 0.2},
	}, data.Label)
	row := 0
	for _, part := range []data.Dataset{loaded.Train, loaded.Valid, loaded.Test} {
		for i := range part.Len() {
			var b data.Batch
			if err := part.Fill(&b, []int{i}); err != nil {
				t.Fatal(err)
			}
			if b.Steps > 7 {
				t.Errorf("found %d steps in a window of 7", b.Steps)
			}
			for s := range b.Steps {
				if b.Inputs[s] != float64(row) || b.Labels[s] != row%2 || b.Weights[s] != 1 {
					t.Errorf("row %d: found input %g with label %d", row, b.Inputs[s], b.Labels[s])
				}
				row++
			}
		}
	}
	if row != 40 {
		t.Errorf("found %d rows in all parts, expected 40", row)
	}
	// Odd numbers are not linear in their number, nor in those beside it.
	if accuracy := datatest.BaselineOf(t, loaded, "ridge", "accuracy"); accuracy > 0.8 {
		t.Errorf("found ridge accuracy %g", accuracy)
	}
}

func TestBaselinesOfLabels(t *testing.T) {
	var numbers, words []string
	for s := range 30 {
		for i := range 6 {
			x := float64((s*7+i*5)%11) - 5
			numbers = append(numbers, fmt.Sprintf("%d,%g,%v", s, x, x > 0))
			words = append(words, fmt.Sprintf("%d,%s,%s", s, []string{"the", "cat", "sat"}[i%3], []string{"D", "N", "V"}[i%3]))
		}
	}
	words = append(words, "new,unseen,D")
	split := &data.SplitConfig{Valid: datatest.Fraction(0.1), Test: 0.2}
	loaded := loadTable(t, data.Config{Table: &data.TableConfig{Path: datatest.Write(t, "a.csv", append([]string{"s,x,up"}, numbers...)...), Sequence: "s", Target: "up"}, Split: split}, data.Label)
	if accuracy := datatest.BaselineOf(t, loaded, "ridge", "accuracy"); accuracy < 0.9 {
		t.Errorf("found ridge accuracy %g where the sign decides, expected at least 0.9", accuracy)
	}
	loaded = loadTable(t, data.Config{
		Table: &data.TableConfig{Path: datatest.Write(t, "b.csv", append([]string{"s,word,tag"}, words...)...), Sequence: "s", Tokens: &data.TokensConfig{Column: "word"}, Target: "tag"}, Split: split,
	}, data.Label)
	if loaded.Spec.Vocabulary < 4 || loaded.Spec.TargetKind != data.ClassPerStep {
		t.Fatalf("found %+v", loaded.Spec)
	}
	if accuracy := datatest.BaselineOf(t, loaded, "lookup", "accuracy"); accuracy < 0.95 {
		t.Errorf("found lookup accuracy %g where the word decides", accuracy)
	}
}

func TestFaultsOfLabels(t *testing.T) {
	for want, config := range map[string]data.Config{
		"table.target":       {Table: &data.TableConfig{Path: "a.csv", Sequence: "s"}},
		"table.sequence":     {Table: &data.TableConfig{Path: "a.csv", Target: "y"}},
		"table.tokens.unit":  {Table: &data.TableConfig{Path: "a.csv", Target: "y", Tokens: &data.TokensConfig{Column: "x", Unit: data.UnitWord}}},
		"missing.fill":       {Table: &data.TableConfig{Path: "a.csv", Target: "y"}, Forecast: &data.ForecastConfig{Window: 3}, Missing: &data.MissingConfig{Fill: data.FillLinear}},
		"window alone":       {Table: &data.TableConfig{Path: "a.csv", Target: "y"}, Forecast: &data.ForecastConfig{Window: 3, Season: 2}},
		"expected next for ": {Text: &data.TextConfig{Path: "a.txt"}},
	} {
		if err := config.WithDefaults().ValidateFor(data.Label).Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("found %v, expected %q", err, want)
		}
	}
	_, err := loadIn(t.Context(), data.Config{Table: &data.TableConfig{
		Train: datatest.Write(t, "a.csv", "s,x,y", "1,1,a", "1,1,b", "2,1,a", "3,1,b"), Test: datatest.Write(t, "b.csv", "s,x,y", "1,1,a", "1,1,c"), Sequence: "s", Target: "y",
	}, Split: &data.SplitConfig{Valid: datatest.Fraction(0)}}, data.Label, "")
	datatest.WantFault(t, err, 3, "b.csv", `the label "c" in the part test only`)
	_, err = loadIn(t.Context(), data.Config{Table: &data.TableConfig{
		Train: datatest.Write(t, "a.csv", "s,x,y", "1,1,a", "2,1,"), Test: datatest.Write(t, "b.csv", "s,x,y", "1,1,a"), Sequence: "s", Target: "y",
	}, Split: &data.SplitConfig{Valid: datatest.Fraction(0)}}, data.Label, "")
	datatest.WantFault(t, err, 0, "1 labels in the training part")
}

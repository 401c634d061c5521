package table

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

const oddTable = `s,t,x,y,label
a,1,1,NA,p
a,2,NA,4,p
a,5,3,5,p
b,1,2,,q
b,3,9,1,q
`

func loadOddTable(t *testing.T) (*data.Data, string) {
	t.Helper()
	path := datatest.Write(t, "odd.csv", strings.Split(strings.TrimSuffix(oddTable, "\n"), "\n")...)
	return loadTable(t, data.Config{
		Table:   &data.TableConfig{Train: path, Test: path, Sequence: "s", Time: "t", Target: "label"},
		Missing: &data.MissingConfig{Mask: true, Gap: true}, Split: &data.SplitConfig{Valid: datatest.Fraction(0)},
	}, data.Classify), path
}

// What a model is fed when it predicts is what it was fed in training, also after a detour through JSON.
func TestPreparationIsThatOfTraining(t *testing.T) {
	d, path := loadOddTable(t)
	b := datatest.FillAll(t, d.Train)
	text, err := json.Marshal(d.Preparation())
	if err != nil {
		t.Fatal(err)
	}
	var signature data.Preparation
	if err := json.Unmarshal(text, &signature); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(signature, d.Preparation()) {
		t.Errorf("found %+v after a detour through JSON, expected %+v", signature, d.Preparation())
	}
	if faults := signature.ValidateFor(0, d.Spec.Features, 2); len(faults) > 0 {
		t.Errorf("found %v, expected no faults", faults)
	}
	s, err := Read(t.Context(), signature.Table, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Names, []string{"a", "b"}) {
		t.Errorf("found the sequences %v", s.Names)
	}
	if found := laidOut(s, b.Steps, d.Spec.Features); !slices.Equal(found, b.Inputs) {
		t.Errorf("found %v, expected %v", found, b.Inputs)
	}
}

// laidOut pads sequences to [steps,B,features].
func laidOut(s *data.Sequences, steps, features int) []float64 {
	out := make([]float64, steps*s.Len()*features)
	for i, values := range s.Inputs {
		for t := range len(values) / features {
			copy(out[(t*s.Len()+i)*features:], values[t*features:(t+1)*features])
		}
	}
	return out
}

func TestPrepareNumbers(t *testing.T) {
	table := &data.TableInputs{
		Columns: []data.InputColumn{{Name: "x", Mean: 5, Scale: 2, Offset: 1}, {Name: "y", Scale: 1}},
		Fill:    data.FillForward, Mask: true,
	}
	nan := math.NaN()
	out, err := table.Prepare(&data.Sequences{Inputs: [][]float64{{3, 7, nan, 8}, {}, {nan, nan}}})
	if err != nil {
		t.Fatal(err)
	}
	expected := [][]float64{{1, 7, 1, 1, 1, 8, 0, 1}, {}, {2, 0, 0, 0}}
	if !slices.EqualFunc(out.Inputs, expected, slices.Equal) {
		t.Errorf("found %v, expected %v", out.Inputs, expected)
	}
	if _, err := table.Prepare(&data.Sequences{Inputs: [][]float64{{1}}}); err == nil {
		t.Error("found no error for half a row")
	}
}

func TestForecastReadsTheLastWindow(t *testing.T) {
	path := datatest.Write(t, "series.csv", "x", "1", "2", "3", "4")
	table := &data.TableInputs{Columns: []data.InputColumn{{Name: "x", Scale: 1}}, Fill: data.FillZero, Window: 3}
	s, err := Read(t.Context(), table, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if expected := [][]float64{{2, 3, 4}}; !slices.EqualFunc(s.Inputs, expected, slices.Equal) || s.Names != nil {
		t.Errorf("found %+v, expected %v", s, expected)
	}
}

func TestReadInputs(t *testing.T) {
	path := datatest.Write(t, "in.csv", "b,sequence,a,time", "1,u,2,9", "3,v,4,1", "5,u,6,8")
	s, err := ReadInputs(t.Context(), path, 2)
	if err != nil {
		t.Fatal(err)
	}
	if expected := [][]float64{{5, 6, 1, 2}, {3, 4}}; !slices.EqualFunc(s.Inputs, expected, slices.Equal) || !slices.Equal(s.Names, []string{"u", "v"}) {
		t.Errorf("found %+v, expected %v", s, expected)
	}
	for want, lines := range map[string][]string{
		"header (found 2 columns beside sequence and time":   {"a,b", "1,2"},
		`column "a" (found ""`:                               {"a,b,c", ",2,3"},
		`column "b" (found "x"`:                              {"a,b,c", "1,x,3"},
		"after the header (found no rows, expected at least": {"a,b,c"},
	} {
		if _, err := ReadInputs(t.Context(), datatest.Write(t, "bad.csv", lines...), 3); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("found error %v, expected %q in it", err, want)
		}
	}
}

// A row that is made up has the inputs of one that is read.
func TestFollow(t *testing.T) {
	d, _ := loadOddTable(t)
	table := *d.Inputs
	row := []float64{3, -1}
	found := table.Follow(row)
	// Log(1+δ/δ̄) of the mean gap.
	if !slices.Equal(found[4:], []float64{math.Log1p(1), math.Log1p(1)}) {
		t.Errorf("found the gaps %v, expected the mean ones", found[4:])
	}
	table.Time = ""
	read, err := table.Prepare(&data.Sequences{Inputs: [][]float64{{1, 2, 3, -1}}})
	if err != nil {
		t.Fatal(err)
	}
	if found, expected := table.Follow(row), read.Inputs[0][6:]; !slices.Equal(found, expected) {
		t.Errorf("found %v, expected %v", found, expected)
	}
}

func TestSignatureFaults(t *testing.T) {
	d, _ := loadOddTable(t)
	signature := d.Preparation()
	signature.Table.Columns[0].Scale = 0
	signature.Table.Columns[1].Name = signature.Table.Columns[0].Name
	signature.Table.Fill = "guess"
	signature.Classes = signature.Classes[:1]
	signature.TargetScale = []float64{1, 2}
	signature.Continues = data.ContinuesNotes
	var paths []string
	for _, f := range signature.ValidateFor(0, 7, 2) {
		paths = append(paths, f.Path)
	}
	expected := []string{"table.columns.0.scale", "table.columns.1.name", "table.fill", "table", "classes", "target_offset", "continues"}
	if !slices.Equal(paths, expected) {
		t.Errorf("found faults of %v, expected %v", paths, expected)
	}
}

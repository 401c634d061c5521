package data_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/data"
)

// TestRowPreparer compares rows that arrive one after the other with the same rows of a table, for every kind of column and
// filling, and continues from a state in the middle.
func TestRowPreparer(t *testing.T) {
	t.Parallel()
	columns := []data.InputColumn{
		{Name: "a", Mean: 1, Scale: 2, Offset: 3, Gap: 1.5}, {Name: "b", Mean: -1, Scale: 0.5, Log: true},
		{Name: "c=x", Of: "c", Category: "x", Mean: 0.3, Scale: 1}, {Name: "c=y", Of: "c", Category: "y", Mean: 0.2, Scale: 1},
		{Name: "hour sine", Calendar: data.CalendarHour, Scale: 1}, {Name: "hour cosine", Calendar: data.CalendarHour, Cosine: true, Scale: 1},
		{Name: "a lag 2", Of: "a", Lag: 2, Mean: 7, Scale: 1}, {Name: "b difference 3", Of: "b", Difference: 3, Scale: 3},
	}
	for _, fill := range []data.Fill{data.FillForward, data.FillMean, data.FillZero} {
		inputs := &data.TableInputs{Time: "t", Fill: fill, Mask: true, Gap: true, Columns: columns, Relative: "a", RelativeScale: 4}
		table := &data.Table{
			Path: "rows", Width: 5, Line: 4, Sequence: -1, Group: -1, Label: -1, Time: 3, Date: 3,
			InputNames: []string{"a", "b"}, Inputs: []int{0, 1}, TextNames: []string{"c"}, Texts: []int{2},
			Lexicons: map[int]*data.Lexicon{2: data.NewLexicon()},
		}
		r := rand.New(rand.NewPCG(1, 2))
		var texts []string
		now := 1.7e9
		for row := range 20 {
			text := []string{"x", "y", "z", ""}[r.IntN(4)]
			number := math.NaN()
			if text != "" {
				number = float64(table.Lexicons[2].Number(text))
			}
			observed := func() float64 {
				if r.IntN(3) == 0 {
					return math.NaN()
				}
				return r.NormFloat64()
			}
			now += float64(600 + r.IntN(7200))
			table.Cells = append(table.Cells, observed(), observed(), number, now, float64(row+1))
			texts = append(texts, text)
		}
		whole, err := inputs.FromTable(table, nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := inputs.NewRowPreparer()
		if err != nil {
			t.Fatal(err)
		}
		var found []float64
		for row := range table.Rows() {
			if row == 11 {
				state := p.State()
				if p, err = inputs.NewRowPreparer(); err != nil {
					t.Fatal(err)
				}
				if err := p.SetState(state); err != nil {
					t.Fatal(err)
				}
			}
			cells := table.Cells[row*5 : row*5+5]
			found = append(found, p.Next(cells[:2], texts[row:row+1], cells[3], cells[3])...)
		}
		if base := p.Relate(found); base != whole.Base[0] {
			t.Errorf("%s: found the base %v, expected %v", fill, base, whole.Base[0])
		}
		if !slices.Equal(found, whole.Inputs[0]) {
			t.Errorf("%s: found\n%v\nexpected\n%v", fill, found, whole.Inputs[0])
		}
		if len(whole.Times[0]) != 20 || whole.Times[0][19] != now {
			t.Errorf("found the times %v", whole.Times)
		}
		if err := p.SetState([]float64{1}); err == nil {
			t.Error("found no error of a state of another size")
		}
	}
	_, err := (&data.TableInputs{Fill: data.FillLinear, Columns: columns[:1]}).NewRowPreparer()
	if err == nil || !strings.Contains(err.Error(), "needs the next value") {
		t.Errorf("linear: found %v", err)
	}
}

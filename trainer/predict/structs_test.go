package predict_test

import (
	"context"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/predict"
)

func TestRowsOfStructs(t *testing.T) {
	t.Parallel()
	type measurement struct {
		A     float64  `column:"a"`
		B     *float64 // its own name
		Note  string   `column:"-"`
		inner int
	}
	p := numbersModel(t, 2, data.Preparation{Table: &data.TableInputs{Fill: data.FillZero, Columns: columns("a", "B")}})
	rows, err := predict.RowsOf([]measurement{{A: 1, B: new(2.0), Note: "x", inner: 1}, {A: 3}})
	if err != nil || len(rows) != 2 || len(rows[0]) != 2 {
		t.Fatalf("found %v, %v, expected two rows of a and B", rows, err)
	}
	found, err := p.Predict(context.Background(), rows)
	if err != nil {
		t.Fatal(err)
	}
	expected, err := p.Predict(context.Background(), predict.Rows{{"a": 1, "B": 2}, {"a": 3, "B": nil}})
	if err != nil || found[0].Raw[0] != expected[0].Raw[0] {
		t.Errorf("found %v, %v, expected %v", found, err, expected)
	}
	if _, err := predict.RowsOf([]int{1}); err == nil || !strings.Contains(err.Error(), "not a struct (found int") {
		t.Errorf("found %v, expected an error", err)
	}
}

package kernel

import (
	"slices"
	"testing"
)

func TestColumns(t *testing.T) {
	testColumns[float32](t)
	testColumns[float64](t)
}

func testColumns[F Float](t *testing.T) {
	x := []F{1, -2, 3, 4, 5, -6}
	sums := []float64{9, 9, 9}
	ColumnSquares(x, sums)
	if want := []float64{17, 29, 45}; !slices.Equal(sums, want) {
		t.Errorf("squares: found %v, expected %v", sums, want)
	}
	ScaleColumns(x, []float64{2, 0, -1})
	if want := []F{2, 0, -3, 8, 0, 6}; !slices.Equal(x, want) {
		t.Errorf("scaled: found %v, expected %v", x, want)
	}
	CenterColumns(x, sums)
	if want := []float64{5, 0, 1.5}; !slices.Equal(sums, want) {
		t.Errorf("means: found %v, expected %v", sums, want)
	}
	if want := []F{-3, 0, -4.5, 3, 0, 4.5}; !slices.Equal(x, want) {
		t.Errorf("centered: found %v, expected %v", x, want)
	}
	ColumnSquares(x[:0], sums)
	if want := []float64{0, 0, 0}; !slices.Equal(sums, want) {
		t.Errorf("squares of no rows: found %v, expected %v", sums, want)
	}
}

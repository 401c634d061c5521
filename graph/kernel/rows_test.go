package kernel

import (
	"slices"
	"testing"
)

func TestLastStep(t *testing.T) {
	x := []float32{10, 20, 30, 40, 11, 21, 31, 41, 12, 22, 32, 42} // [T=3,B=4,D=1]: step in the last digit
	mask := []float32{1, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 0}          // all, a gap, the middle only, none
	for _, test := range []struct {
		name    string
		mask    []float32
		reverse bool
		want    []float32
	}{
		{"no mask", nil, false, []float32{12, 22, 32, 42}},
		{"no mask, reverse", nil, true, []float32{10, 20, 30, 40}},
		{"mask", mask, false, []float32{12, 22, 31, 0}},
		{"mask, reverse", mask, true, []float32{10, 20, 31, 0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			last := make([]float32, 4)
			LastStep(eagerPool(2), 3, 4, 1, test.reverse, x, test.mask, last)
			if !slices.Equal(last, test.want) {
				t.Errorf("found %v, expected %v", last, test.want)
			}
			dX := slices.Repeat([]float32{-1}, 12)
			LastStepGradient(eagerPool(2), 3, 4, 1, test.reverse, test.mask, []float32{1, 2, 3, 4}, dX)
			var dot float32
			for i, v := range dX {
				dot += v * x[i]
			}
			// dX holds dLast at the copied elements and zeros, so ⟨dX,x⟩ = ⟨dLast,last⟩, exact in small integers.
			want := last[0] + 2*last[1] + 3*last[2] + 4*last[3]
			if dot != want {
				t.Errorf("gradient %v: found product %v with x, expected %v", dX, dot, want)
			}
		})
	}
}

func TestSelectRows(t *testing.T) {
	mask, a, b := []float64{1, 0, 1}, []float64{1, 2, 3, 4, 5, 6}, []float64{-1, -2, -3, -4, -5, -6}
	for _, test := range []struct{ a, b, want []float64 }{
		{a, b, []float64{1, 2, -3, -4, 5, 6}},
		{a, nil, []float64{1, 2, 0, 0, 5, 6}},
		{nil, b, []float64{0, 0, -3, -4, 0, 0}},
	} {
		rows := slices.Repeat([]float64{9}, 6)
		SelectRows(eagerPool(3), 2, mask, test.a, test.b, rows)
		if !slices.Equal(rows, test.want) {
			t.Errorf("found %v, expected %v", rows, test.want)
		}
	}
}

func TestAddMatrix(t *testing.T) {
	dst := []float64{1, 2, 3, 4, 5, 6}
	AddMatrix(nil, 2, 2, []float64{10, 20, 30, 40}, 2, dst[1:], 3)
	if want := []float64{1, 12, 23, 4, 35, 46}; !slices.Equal(dst, want) {
		t.Errorf("found %v, expected %v", dst, want)
	}
}

package kernel

import (
	"slices"
	"testing"
)

func TestFetches(t *testing.T) {
	matrix := make([]float32, 4096)
	for i := range matrix {
		matrix[i] = float32(i)
	}
	var f fetches[float32]
	f.block(matrix, 100, 40, 200)  // 3 columns of cache lines, 16 elements each
	f.rows(matrix, 32, 10, 6)      // 192 elements: 12 lines
	f.block(matrix, 2000, 16, 200) // 1 column
	if got, want := f.lines(), 3+12+1; got != want {
		t.Errorf("%d cache lines, expected %d", got, want)
	}
	type column struct {
		start  float32
		stride int
	}
	var got []column
	for {
		c := f.next(5)
		if c.Data == nil {
			break
		}
		got = append(got, column{c.Data[0], c.Stride})
	}
	want := []column{{100, 200}, {116, 200}, {132, 200}, {320, 16}, {400, 16}, {480, 16}, {2000, 200}}
	if !slices.Equal(got, want) {
		t.Errorf("columns %v, expected %v", got, want)
	}
	for range 10 {
		f.block(matrix, 0, 1, 1)
	}
	if f.count != len(f.waiting) {
		t.Errorf("%d blocks wait, expected %d", f.count, len(f.waiting))
	}
}

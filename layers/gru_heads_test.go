package layers_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers"
)

// TestHeadsOfGRU looks at the parameters: each head of each gate is a separate matrix, orthogonal by itself. That the engines compute what the
// equations say is tested with all other options: see allGRUOptions.
func TestHeadsOfGRU(t *testing.T) {
	const units, heads, each, gates = 12, 3, 4, 3
	for _, form := range []layers.Form{layers.ResetAfter, layers.ResetBefore} {
		layer, err := layers.NewGRU(layers.GRUConfig{Units: units, Heads: heads, Form: form}, "gru", 5, tensor.Float64, graph.NewStreams(1))
		if err != nil {
			t.Fatal(err)
		}
		kernel, recurrent := layer.Params()[0], layer.Params()[1]
		if found := fmt.Sprint(recurrent.Value.Shape(), recurrent.Blocks, kernel.Value.Shape(), kernel.Blocks); found != "(4, 36) 9 (5, 36) 3" {
			t.Errorf("%s: found shapes and blocks %s, expected (4, 36) 9 (5, 36) 3", form, found)
		}
		u := recurrent.Value.Float64s()
		for block := range heads * gates {
			for i := range each {
				for j := range each {
					var dot float64
					for k := range each {
						row := u[k*gates*units+block*each:]
						dot += row[i] * row[j]
					}
					if expected := map[bool]float64{true: 1}[i == j]; math.Abs(dot-expected) > 1e-14 {
						t.Errorf("%s: block %d: found product %v of columns %d and %d, expected %v", form, block, dot, i, j, expected)
					}
				}
			}
		}
	}
}

// One head is no heads, to the bit of every number that training starts with and computes.
func TestOneHeadChangesNothing(t *testing.T) {
	for _, form := range []layers.Form{layers.ResetAfter, layers.ResetBefore} {
		var runs []run
		var params [][]float64
		for _, heads := range []int{0, 1} {
			s := small{
				"", layers.Input{Size: 3}, []layers.LayerConfig{gru(layers.GRUConfig{Units: 6, Form: form, Heads: heads, RecurrentDropout: 0.3})},
				layers.Head{Loss: layers.MeanSquaredError, Units: 6},
			}
			lengths := []int{5, 0, 3, 1, 4}
			m := newModel(t, s.config(layers.Fused), s.head, tensor.Float64)
			for _, p := range m.Params() {
				params = append(params, slices.Clone(p.Value.Float64s()))
			}
			c := compile(t, m, graph.Train, tensor.Float64, graph.BatchShape{Steps: 5, Size: len(lengths)})
			runs = append(runs, c.run(t, newFeeds(5, lengths, s.input, s.head)))
		}
		for i, p := range params[:len(params)/2] {
			if !slices.Equal(p, params[len(params)/2+i]) {
				t.Errorf("%s: found other first values of parameter %d with one head", form, i)
			}
		}
		expectSameRun(t, runs[1], runs[0], 0)
	}
}

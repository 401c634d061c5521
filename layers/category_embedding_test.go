package layers_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers"
)

func categories(c layers.CategoryEmbeddingConfig) layers.LayerConfig {
	return layers.LayerConfig{CategoryEmbedding: &c}
}

// categoryModels have their categories between other numbers, at both ends, and alone.
func categoryModels() []small {
	values := layers.Head{Loss: layers.MeanSquaredError, Units: 2}
	return []small{
		{
			"categories", layers.Input{Size: 8, Categories: []layers.CategoryBlock{{First: 1, Count: 3}, {First: 4, Count: 2}}},
			[]layers.LayerConfig{
				categories(layers.CategoryEmbeddingConfig{Units: 2}),
				gru(layers.GRUConfig{Units: 3, Dropout: 0.3, RecurrentDropout: 0.2}), dense(layers.DenseConfig{}),
			}, values,
		},
		{
			"categories at both ends", layers.Input{Size: 11, Categories: []layers.CategoryBlock{{First: 0, Count: 5}, {First: 7, Count: 4}}},
			[]layers.LayerConfig{
				categories(layers.CategoryEmbeddingConfig{}), gru(layers.GRUConfig{Units: 3, ReturnSequences: true}), dense(layers.DenseConfig{}),
			},
			layers.Head{Loss: layers.BinaryCrossEntropy, Units: 2, PerStep: true, Causal: true},
		},
		{
			"categories alone", layers.Input{Size: 4, Categories: []layers.CategoryBlock{{First: 0, Count: 4}}},
			[]layers.LayerConfig{categories(layers.CategoryEmbeddingConfig{Units: 3}), gru(layers.GRUConfig{Units: 2})}, values,
		},
		{
			"categories within a residual", layers.Input{Size: 3, Categories: []layers.CategoryBlock{{First: 1, Count: 2}}},
			[]layers.LayerConfig{
				{Residual: &layers.ResidualConfig{Layers: []layers.LayerConfig{categories(layers.CategoryEmbeddingConfig{Units: 2})}}},
				gru(layers.GRUConfig{Units: 2}),
			}, values,
		},
	}
}

// TestCategoryEmbeddingLooksUp holds the layer to tables of vectors, in which a category is looked up.
func TestCategoryEmbeddingLooksUp(t *testing.T) {
	const unseen = -1
	rows := []struct {
		numbers      [3]float64 // the first, the one between the columns, the last
		color, shape int
	}{
		{[3]float64{0.5, -1, 2}, 0, 1}, {[3]float64{1.5, 3, -2}, 2, 0}, {[3]float64{-0.25, 0, 4}, unseen, 1}, {[3]float64{7, 8, 9}, 1, unseen},
	}
	layer, err := layers.NewCategoryEmbedding(layers.CategoryEmbeddingConfig{Units: 2}, "category_embedding0", 8,
		[]layers.CategoryBlock{{First: 1, Count: 3}, {First: 5, Count: 2}}, tensor.Float64, graph.NewStreams(1))
	if err != nil {
		t.Fatal(err)
	}
	scatter(layer.Params())
	vector := func(table, category int) []float64 {
		if category == unseen {
			return []float64{0, 0}
		}
		return layer.Params()[table].Value.Float64s()[2*category : 2*category+2]
	}
	var x, expected []float64
	for _, row := range rows {
		one := make([]float64, 8)
		one[0], one[4], one[7] = row.numbers[0], row.numbers[1], row.numbers[2]
		if row.color != unseen {
			one[1+row.color] = 1
		}
		if row.shape != unseen {
			one[5+row.shape] = 1
		}
		x = append(x, one...)
		expected = slices.Concat(expected, row.numbers[:1], vector(0, row.color), row.numbers[1:2], vector(1, row.shape), row.numbers[2:])
	}
	for _, mode := range []graph.Mode{graph.Train, graph.Evaluate, graph.Inspect} {
		for _, shape := range [][]int{{4, 8}, {2, 2, 8}} {
			y := applyOnce(t, layer, mode, shape, x)
			expectClose(t, "vectors", y.Float64s(), expected, 0) // 1 times a number, and zeros
		}
	}
	// The mean of a column, which may stand in for what is missing, is shares of all its categories.
	shares := make([]float64, 8)
	shares[1], shares[3] = 0.25, 0.75
	y := applyOnce(t, layer, graph.Evaluate, []int{1, 8}, shares).Float64s()
	for j := range 2 {
		expectClose(t, "shares", y[1+j:2+j], []float64{0.25*vector(0, 0)[j] + 0.75*vector(0, 2)[j]}, 1e-15)
	}
}

func TestCategoryEmbeddingParameters(t *testing.T) {
	var blocks []layers.CategoryBlock
	for at, counts := 0, []int{1, 2, 5, 99, 100, 1000}; len(counts) > 0; counts = counts[1:] {
		blocks = append(blocks, layers.CategoryBlock{First: at, Count: counts[0]})
		at += counts[0]
	}
	for units, expected := range map[int][]int{0: {1, 1, 3, 50, 50, 50}, 7: {7, 7, 7, 7, 7, 7}} {
		layer, err := layers.NewCategoryEmbedding(layers.CategoryEmbeddingConfig{Units: units}, "c", 1207, blocks, tensor.Float32, graph.NewStreams(1))
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range layer.Params() {
			if shape := p.Value.Shape(); shape[0] != blocks[i].Count || shape[1] != expected[i] || p.Role != graph.RoleEmbedding {
				t.Errorf("units %d: found %s of %v with the role %s, expected [%d %d] of an embedding", units, p.Name, shape, p.Role, blocks[i].Count, expected[i])
			}
		}
	}
}

func TestCategoryEmbeddingFaults(t *testing.T) {
	embedding, last := categories(layers.CategoryEmbeddingConfig{Units: 2}), gru(layers.GRUConfig{Units: 2})
	some := []layers.CategoryBlock{{First: 1, Count: 2}}
	for expected, found := range map[string]struct {
		input  layers.Input
		layers []layers.LayerConfig
	}{
		`layers.0.category_embedding: found "an input without categories"`: {layers.Input{Size: 3}, []layers.LayerConfig{embedding, last}},
		`layers.0.category_embedding: found "token ids", expected numbers`: {layers.Input{Vocabulary: 3}, []layers.LayerConfig{embedding, last}},
		`layers.1.category_embedding: found "the output of layers.0.dense", expected the input of the model`: {
			layers.Input{Size: 3, Categories: some}, []layers.LayerConfig{dense(layers.DenseConfig{Units: 3}), embedding, last},
		},
		`layers.1.category_embedding: found "the output of layers.0.category_embedding", expected the input of the model`: {
			layers.Input{Size: 3, Categories: some}, []layers.LayerConfig{embedding, embedding, last},
		},
		`layers.1.gru_d: found "the output of layers.0.category_embedding", expected the input of the model`: {
			layers.Input{Size: 3, Categories: some}, []layers.LayerConfig{embedding, gruD(layers.GRUDConfig{Units: 2})},
		},
		`layers.0.category_embedding.units: found -1, expected 0 to 65536`: {
			layers.Input{Size: 3, Categories: some}, []layers.LayerConfig{categories(layers.CategoryEmbeddingConfig{Units: -1}), last},
		},
		`layers.0.category_embedding.units: found "196608 numbers a step after the layer", expected at most 131072`: {
			layers.Input{Size: 3, Categories: []layers.CategoryBlock{{First: 0, Count: 1}, {First: 1, Count: 1}, {First: 2, Count: 1}}},
			[]layers.LayerConfig{categories(layers.CategoryEmbeddingConfig{Units: 1 << 16}), last},
		},
		`input.categories.0.count: found 3, expected 1 or more, and no more than the input has from first on`: {
			layers.Input{Size: 3, Categories: []layers.CategoryBlock{{First: 1, Count: 3}}}, []layers.LayerConfig{embedding, last},
		},
		`input.categories.0.count: found 0`: {
			layers.Input{Size: 3, Categories: []layers.CategoryBlock{{First: 1}}}, []layers.LayerConfig{embedding, last},
		},
		`input.categories.0.first: found -1, expected 0 or more`: {
			layers.Input{Size: 3, Categories: []layers.CategoryBlock{{First: -1, Count: 2}}}, []layers.LayerConfig{embedding, last},
		},
		`input.categories.1.first: found 2, expected 3 or more`: {
			layers.Input{Size: 5, Categories: []layers.CategoryBlock{{First: 1, Count: 2}, {First: 2, Count: 2}}}, []layers.LayerConfig{embedding, last},
		},
		`input.categories: found "1 blocks", expected none without a size`: {
			layers.Input{Vocabulary: 5, Categories: some}, []layers.LayerConfig{embed(layers.EmbeddingConfig{}), last},
		},
	} {
		cfg := layers.ModelConfig{Input: found.input, Layers: found.layers}
		_, err := layers.NewModel(cfg, layers.Head{Loss: layers.MeanSquaredError, Units: 2}, tensor.Float64, graph.NewStreams(1))
		var faults *fault.Error
		if !errors.As(err, &faults) || len(faults.Faults) != 1 || !strings.Contains(err.Error(), expected) {
			t.Errorf("found error %v, expected one fault, %q", err, expected)
		}
	}
	for expected, blocks := range map[string][]layers.CategoryBlock{
		"an input without categories": nil,
		"categories.0.count: found 9": {{First: 0, Count: 9}},
	} {
		_, err := layers.NewCategoryEmbedding(layers.CategoryEmbeddingConfig{}, "c", 4, blocks, tensor.Float64, graph.NewStreams(1))
		if err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("found error %v, expected %q", err, expected)
		}
	}
}

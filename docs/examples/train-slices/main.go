// Training on slices: sequences of different lengths, and a label for each.
package main

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"
	"slices"

	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/experiment"
)

func main() {
	x, labels, random := make([][][]float64, 300), slices.Repeat([]string{"falls", "rises"}, 150), rand.New(rand.NewPCG(1, 1))
	for i := range x { // a walk that falls or rises
		for at := 0.0; len(x[i]) < 10+i%7; at += random.NormFloat64() + float64(i%2) - 0.5 {
			x[i] = append(x[i], []float64{at})
		}
	}
	set, err := data.FromSequences(x, labels, data.InMemory{})
	if err != nil {
		log.Fatal(err)
	}
	cfg := experiment.Config{Model: layers.ModelConfig{Layers: []layers.LayerConfig{{GRU: &layers.GRUConfig{Units: 16}}, {Dense: &layers.DenseConfig{}}}}}
	if e, err := experiment.New(context.Background(), cfg, experiment.With(set)); err != nil {
		log.Fatal(err)
	} else if result, err := e.Fit(context.Background()); err != nil {
		log.Fatal(err)
	} else {
		fmt.Println(result.Verdict)
	}
}

// A gruexp with an added data set, which every verb knows by its name.
package main

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/gruexp/gruexp/cmd/gruexp/app"
	"github.com/gruexp/gruexp/trainer/data"
)

// bursts makes sequences of noise; those of the class "burst" have a few large numbers in a row.
func bursts(_ context.Context, _ data.Config, _ []string) (*data.Data, error) {
	random := rand.New(rand.NewPCG(1, 2))
	x, labels := make([][][]float64, 120), make([]string, 120)
	for i := range x {
		labels[i] = []string{"quiet", "burst"}[i%2]
		begin := random.IntN(16)
		for t := range 20 {
			v := random.NormFloat64()
			if i%2 == 1 && t >= begin && t < begin+4 {
				v = 2 + math.Abs(v)
			}
			x[i] = append(x[i], []float64{v})
		}
	}
	return data.FromSequences(x, labels, data.InMemory{})
}

func main() {
	app.Main(app.Extensions{Sets: map[string]data.Source{
		"bursts": {Description: "noise with and without a burst", Task: data.Classify, Load: bursts},
	}})
}

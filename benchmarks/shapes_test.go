package benchmarks

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/pkg/errors"
)

// shape is the size of a layer and of the sequences that go through it.
type shape struct {
	Name                        string
	Steps, Batch, Inputs, Units int
}

// The peers' command reads the same file.
//
//go:embed shapes.json
var shapesFile []byte

func parseShapes() ([]shape, error) {
	var shapes []shape
	err := json.Unmarshal(shapesFile, &shapes)
	return shapes, errors.Wrap(err, "shapes.json")
}

func allShapes(tb testing.TB) []shape {
	tb.Helper()
	shapes, err := parseShapes()
	if err != nil {
		tb.Fatal(err)
	}
	return shapes
}

func shapeNamed(tb testing.TB, name string) shape {
	tb.Helper()
	for _, s := range allShapes(tb) {
		if s.Name == name {
			return s
		}
	}
	tb.Fatalf("found no shape %s", name)
	return shape{}
}

// forwardFLOPs counts the additions and multiplications of the products of a forward pass, x·W and h'·U for every row.
// The gates' own arithmetic, a few dozen operations for each of the T·B·H states, is not counted, nor is it for the
// backward pass.
func (s shape) forwardFLOPs() float64 {
	return 2 * float64(s.Steps*s.Batch) * float64(s.Inputs+s.Units) * float64(3*s.Units)
}

// layerFLOPs counts those of a forward and a backward pass: for each product there are two more of its size,
// dX = dA·Wᵀ and dW = Xᵀ·dA, dh' = dq·Uᵀ and dU = h'ᵀ·dq.
func (s shape) layerFLOPs() float64 { return 3 * s.forwardFLOPs() }

// normal draws n numbers, the same ones for the same seed.
func normal(seed uint64, n int, deviation float32) []float32 {
	r := rand.New(rand.NewPCG(seed, 0))
	values := make([]float32, n)
	for i := range values {
		values[i] = deviation * float32(r.NormFloat64())
	}
	return values
}

// How much arithmetic the products of a layer are, forward and backward.
func Example() {
	shapes, err := parseShapes()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range shapes {
		fmt.Printf("%-6s %7.1f MFLOP\n", s.Name, s.layerFLOPs()/1e6)
	}
	// Output:
	// tiny      44.2 MFLOP
	// base     707.8 MFLOP
	// large  11324.6 MFLOP
	// wide   11324.6 MFLOP
	// single    16.6 MFLOP
	// long    7077.9 MFLOP
}

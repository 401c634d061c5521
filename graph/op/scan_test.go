package op_test

import (
	"fmt"
	"math"
	"testing"

	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/op"
)

func scan(options op.ScanOptions) build {
	return func(s *op.Scope, in nodes) (*G.Node, error) {
		return op.Scan(s, op.ScanNodes{
			Gates: in["gates"], Initial: in["initial"], Mask: in["mask"], Zoneout: in["zoneout"], Perturbation: in["perturbation"],
		}, options)
	}
}

// scanWant is the scan one number at a time.
func scanWant(options op.ScanOptions) func(in inputs) []float64 {
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	g := func(x float64) float64 { return max(x+0.5, sigmoid(x)) }
	if options.Activation == "tanh" {
		g = math.Tanh
	}
	return func(in inputs) []float64 {
		steps, rows, units := in["gates"].shape[0], in["gates"].shape[1], in["gates"].shape[2]/2
		states := make([]float64, steps*rows*units)
		for i := range rows * units {
			b, j := i/units, i%units
			h := 0.0
			if initial := in["initial"].floats; initial != nil {
				h = initial[i]
			}
			for step := range steps {
				if options.Reverse {
					step = steps - 1 - step
				}
				row := step*rows + b
				z, n := sigmoid(in["gates"].floats[row*2*units+j]), g(in["gates"].floats[row*2*units+units+j])
				keep := options.ZoneoutRate
				if zoneout := in["zoneout"].floats; zoneout != nil {
					keep = zoneout[row*units+j]
				}
				if mask := in["mask"].floats; mask == nil || mask[row] != 0 {
					h = keep*h + (1-keep)*((1-z)*h+z*n)
				}
				if perturbation := in["perturbation"].floats; perturbation != nil {
					h += perturbation[row*units+j]
				}
				states[row*units+j] = h
			}
		}
		return states
	}
}

func TestScan(t *testing.T) {
	t.Parallel()
	zoneout := uniform(7, 4, 4, 2)
	for i, v := range zoneout.floats {
		zoneout.floats[i] = math.Round(v)
	}
	optional := []struct {
		name string
		feed feed
	}{{"initial", random(4, 4, 2)}, {"mask", mask}, {"zoneout", zoneout}, {"perturbation", scaled(0.3, 9, 4, 4, 2)}}
	for choice := range 1 << (len(optional) + 1) {
		in := inputs{"gates": random(1, 4, 4, 4)}
		options := op.ScanOptions{Reverse: choice&1 != 0}
		if choice%3 == 0 {
			options.ZoneoutRate, options.Activation = 0.25, "tanh"
		}
		name := fmt.Sprintf("%+v", options)
		for i, o := range optional {
			if choice&(2<<i) != 0 {
				in[o.name] = o.feed
				name += " " + o.name
			}
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verify(t, example{name, in, scan(options), scanWant(options)})
		})
	}
}

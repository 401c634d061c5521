package inspect

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/trainer/inspect/svg"
)

// Heights of panels, in pixels.
const (
	gateHeight  = 120.0 // of few units
	mostHeight  = 288.0
	inputHeight = 240.0
	barsHeight  = 150.0
)

// What fits next to an axis.
const (
	mostFeatures = 24 // that are called by name
	longestLabel = 9  // characters of a feature's name
)

// DrawGates writes a heat map of time and units for each gate of a recurrence and for its states, as SVG. The units are sorted by when
// their state changes, those that change first at the bottom, so that what happens at a time is in one place; it is one order
// for all maps of the picture. Split is what the data set is called.
func (l *Look) DrawGates(w io.Writer, r *Recurrence, split string) error {
	p := svg.New(l.caption(r.Name, split))
	order := r.unitsByTime()
	for _, gate := range r.Gates {
		title := gate.Name + " gate"
		if gate.Signed() {
			title = gate.Name
		}
		rows, units := gate.Dims()
		h := svg.Heat{
			Title: title, Height: min(mostHeight, max(gateHeight, 1.5*float64(units))), Rows: rows, Columns: units, Scale: scaleOf(gate),
			XTicks: svg.Steps(gate.Steps, rows), YLabel: "units, by time", At: gate.At,
		}
		if len(order) == units {
			h.At = func(row, column int) float64 { return gate.At(row, order[column]) }
		}
		if err := p.Heat(h); err != nil {
			return err
		}
	}
	p.Label("time step")
	return p.Write(w)
}

// unitsByTime are the units in the order of the mean time at which their hidden state changes, weighed by how much it changes.
func (r *Recurrence) unitsByTime() []int {
	i := slices.IndexFunc(r.Gates, func(v Values) bool { return v.Name == graph.RecordHidden })
	if i < 0 {
		return nil
	}
	hidden := r.Gates[i]
	steps, units := hidden.Dims()
	times, order := make([]float64, units), make([]int, units)
	for unit := range units {
		var sum, moments float64
		for k := range steps { // in the order in which the recurrence makes them
			t, before := k, k-1
			if r.Backward() {
				t, before = steps-1-k, steps-k
			}
			change := hidden.At(t, unit)
			if k > 0 {
				change -= hidden.At(before, unit)
			}
			sum, moments = sum+math.Abs(change), moments+math.Abs(change)*float64(k)
		}
		if sum > 0 {
			times[unit] = moments / sum
		}
		order[unit] = unit
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(times[a], times[b]) })
	return order
}

// DrawInput writes how much the loss hangs on each input, as SVG: |∂loss/∂x| of every step and feature as a heat map, or, of
// one feature and of tokens, the norm of ∂loss/∂x at every step. Split is what the data set is called.
func (l *Look) DrawInput(w io.Writer, in *Input, split string) error {
	p := svg.New(l.caption(in.Name, split))
	if rows, features := in.Gradient.Dims(); features > 1 && in.Name == graph.PerturbInputs {
		v := in.Gradient.absolute()
		h := svg.Heat{
			Title: "how much the loss changes with each input", Height: inputHeight, Rows: rows, Columns: features, At: v.At,
			Scale: svg.UpTo(v.greatest()), XTicks: svg.Steps(v.Steps, rows), YLabel: "feature", Unit: "|∂loss/∂x|",
		}
		if v.Columns != nil && features <= mostFeatures {
			for i, name := range v.Columns {
				h.YTicks = append(h.YTicks, svg.Tick{At: float64(i), Name: svg.Shorten(name, longestLabel)})
			}
		}
		if err := p.Heat(h); err != nil {
			return err
		}
	} else {
		drawBars(p, "how much the loss changes with the input of each step", in.Gradient)
	}
	p.Label("time step")
	return p.Write(w)
}

// drawBars adds a bar for the norm of each step.
func drawBars(p *svg.Picture, title string, v Values) {
	norms, greatest := v.Norms(), 0.0
	for _, norm := range norms {
		greatest = max(greatest, norm)
	}
	ticks, end := svg.FromZero(greatest)
	a := p.Panel(title, barsHeight, svg.Axis{Least: -0.5, Most: float64(len(norms)) - 0.5}, svg.Axis{Most: end})
	for t, norm := range norms {
		left, top := a.X.At(float64(t)-0.4), a.Y.At(norm)
		a.Add(`<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f" fill="%s"/>`, left, top, a.X.At(float64(t)+0.4)-left, a.Bottom-top, hue(0))
	}
	a.Frame(svg.Steps(v.Steps, len(norms)), ticks, "‖∂loss/∂x‖")
}

// scaleOf fits the values: shares where they are gates from 0 to 1, else as far around 0 as they reach, but at least to 1.
func scaleOf(v Values) svg.Scale {
	least, most := mat.Min(v.Dense), mat.Max(v.Dense)
	if !v.Signed() && least >= 0 && most <= 1 {
		return svg.Shares()
	}
	return svg.Around(max(1, -least, most))
}

// caption says which sequence a picture is of.
func (l *Look) caption(what, split string) string {
	return fmt.Sprintf("%s: sequence %d of %s, %s, loss %.3g", what, l.Sequence, split, counted(l.Steps, "step"), l.Loss)
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

package inspect

import (
	"io"

	"github.com/gruexp/gruexp/graph"
)

// Heights of panels, in pixels.
const (
	gateHeight  = 120.0
	inputHeight = 240.0
	barsHeight  = 150.0
)

// DrawGates writes a heat map of time and units for each gate of a recurrence and for its states, as SVG. Split is what the
// data set is called.
func (l *Look) DrawGates(w io.Writer, r *Recurrence, split string) error {
	p := newPicture(l.caption(r.Name, split))
	for _, gate := range r.Gates {
		title := gate.Name + " gate"
		if gate.Signed() {
			title = gate.Name
		}
		if err := p.heat(title, gateHeight, gate, scaleOf(gate), "unit", ""); err != nil {
			return err
		}
	}
	p.label("time step")
	return p.write(w)
}

// DrawInput writes how much the loss hangs on each input, as SVG: |∂loss/∂x| of every step and feature as a heat map, or, of
// one feature and of tokens, the norm of ∂loss/∂x at every step. Split is what the data set is called.
func (l *Look) DrawInput(w io.Writer, in *Input, split string) error {
	p := newPicture(l.caption(in.Name, split))
	if _, features := in.Gradient.Dims(); features > 1 && in.Name == graph.PerturbInputs {
		v := in.Gradient.absolute()
		if err := p.heat("how much the loss changes with each input", inputHeight, v, upTo(v.greatest()), "feature", "|∂loss/∂x|"); err != nil {
			return err
		}
	} else {
		p.bars("how much the loss changes with the input of each step", in.Gradient)
	}
	p.label("time step")
	return p.write(w)
}

// bars adds a bar for the norm of each step.
func (p *picture) bars(title string, v Values) {
	norms, greatest := v.Norms(), 0.0
	for _, norm := range norms {
		greatest = max(greatest, norm)
	}
	ticks, end := round(greatest)
	a := p.panel(title, barsHeight, axis{least: -0.5, most: float64(len(norms)) - 0.5}, axis{most: end})
	for t, norm := range norms {
		left, top := a.x.at(float64(t)-0.4), a.y.at(norm)
		a.add(`<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f" fill="%s"/>`, left, top, a.x.at(float64(t)+0.4)-left, a.bottom-top, hue(0))
	}
	a.frame(steps(v.Steps, len(norms)), ticks, "‖∂loss/∂x‖")
}

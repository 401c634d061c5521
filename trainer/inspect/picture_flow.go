package inspect

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/gruexp/gruexp/trainer/inspect/svg"
)

const flowHeight = 300.0

// DrawFlow writes the norm of ∂loss/∂state back through time, on a logarithmic scale, as SVG: a thin line for each sequence,
// a thick one for the mean of each recurrence as far as half of the sequences reach. The last step is at the right: what is lost on the way back is how far
// lines fall to the left. Norms of 0 are left out. Split is what the data set is called.
func DrawFlow(w io.Writer, looks []Look, split string) error {
	flows := Flows(looks)
	longest, least, most := 1, math.Inf(1), 0.0
	for _, look := range looks {
		for _, r := range look.Recurrences {
			norms := r.Norms()
			longest = max(longest, len(norms))
			for _, v := range norms {
				if v > 0 {
					least, most = min(least, v), max(most, v)
				}
			}
		}
	}
	p := svg.New(fmt.Sprintf("Gradients back through time: %s of %s", counted(len(looks), "sequence"), split))
	if most == 0 {
		least, most = 1, 1 // an empty plot says it
	}
	ticks, low, high := svg.Logarithmic(least, most)
	a := p.Panel("how much the loss changes with the state of each step", flowHeight, svg.Axis{Least: 1 - float64(longest)}, svg.Axis{Least: low, Most: high})
	if longest == 1 {
		a.X.Least, a.X.Most = -0.5, 0.5
	}
	for _, t := range ticks {
		a.Add(`<path d="M%.1f %.1fH%.1f" stroke="#ddd"/>`, svg.Left, a.Y.At(t.At), svg.Right)
	}
	for i := range flows {
		for _, look := range looks {
			drawNorms(a, look.Recurrences[i].Norms(), i, `stroke-width="0.8" stroke-opacity="0.4"`)
		}
	}
	for i, flow := range flows {
		drawNorms(a, flow.Mean[:flow.reach(len(looks))+1], i, `stroke-width="3"`)
	}
	xs := svg.Whole(longest, svg.TickCount)
	for i := range xs {
		xs[i].At *= -1
	}
	a.Frame(xs, ticks, "‖∂loss/∂state‖")
	p.Label("steps before the last one")
	for i, flow := range flows {
		p.Add(`<path d="M%.1f %.1fh24" stroke="%s" stroke-width="3"/>`, svg.Left, p.Height, hue(i))
		p.Text(svg.Left+32, p.Height+4, "", flow.Name+": mean, and each sequence")
		p.Height += svg.TickFoot
	}
	return p.Write(w)
}

// drawNorms draws what is more than 0 of norms, the first of them at the right.
func drawNorms(a *svg.Panel, norms []float64, i int, attributes string) {
	var points []string
	for k, v := range norms {
		if v > 0 {
			points = append(points, fmt.Sprintf("%.1f,%.1f", a.X.At(-float64(k)), a.Y.At(math.Log10(v))))
		}
	}
	if len(points) == 1 {
		x, y, _ := strings.Cut(points[0], ",")
		a.Add(`<circle cx="%s" cy="%s" r="3" fill="%s"/>`, x, y, hue(i))
		return
	}
	a.Add(`<polyline points="%s" fill="none" stroke="%s" %s/>`, strings.Join(points, " "), hue(i), attributes)
}

// hue tells recurrences apart, on the screen and in print (Okabe and Ito 2008).
func hue(i int) string {
	hues := []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"}
	return hues[i%len(hues)]
}

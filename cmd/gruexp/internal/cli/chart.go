package cli

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/guptarohit/asciigraph"
	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/trainer/inspect/svg"
)

// Curve is points from left to right.
type Curve struct {
	Title, XName, YName string
	X, Y                []float64
	LogX                bool // the x axis is logarithmic; all x are above 0
}

// Text draws the curve with lines of text, its points at equal distances.
func (c *Curve) Text() string {
	const width, height = 72, 12
	plot := asciigraph.Plot(c.Y, asciigraph.Width(width), asciigraph.Height(height), asciigraph.Precision(5))
	first, last := shortNumber(c.X[0]), shortNumber(c.X[len(c.X)-1])
	axis := first + strings.Repeat(" ", max(1, width-len(first)-len(last))) + last
	margin := strings.Repeat(" ", max(0, strings.IndexAny(plot, "┤┼")-1))
	return fmt.Sprintf("%s\n\n%s\n%s  %s\n%s  %s\n", c.Title, plot, margin, axis, margin, c.XName)
}

// WriteCSV writes a row per point.
func (c *Curve) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	rows := [][]string{{c.XName, c.YName}}
	for i, x := range c.X {
		rows = append(rows, []string{strconv.FormatFloat(x, 'g', -1, 64), strconv.FormatFloat(c.Y[i], 'g', -1, 64)})
	}
	return errors.Wrap(out.WriteAll(rows), "csv")
}

const pictureHeight = 320.0 // of the plot, in pixels

// WriteSVG writes a picture that stands alone, without scripts or fonts from elsewhere.
func (c *Curve) WriteSVG(w io.Writer) error {
	xs := slices.Clone(c.X)
	var x svg.Axis
	var xTicks []svg.Tick
	if c.LogX {
		xTicks, x.Least, x.Most = svg.Logarithmic(slices.Min(xs), slices.Max(xs))
		for i := range xs {
			xs[i] = math.Log10(xs[i])
		}
	} else {
		x.Least, x.Most = ends(xs)
		xTicks = svg.Between(x.Least, x.Most, svg.TickCount)
	}
	var y svg.Axis
	y.Least, y.Most = ends(c.Y)
	yTicks := svg.Between(y.Least, y.Most, 6)

	p := svg.New(c.Title)
	panel := p.Panel("", pictureHeight, x, y)
	for _, t := range yTicks {
		panel.Add(`<path d="M%.1f %.1fH%.1f" stroke="#ddd"/>`, svg.Left, panel.Y.At(t.At), svg.Right)
	}
	panel.Line(xs, c.Y, `stroke="#0072b2" stroke-width="2"`)
	panel.Frame(xTicks, yTicks, c.YName)
	p.Label(c.XName)
	return p.Write(w)
}

// ends are the least and the greatest value; of equal ones, a bit less and a bit more.
func ends(values []float64) (least, most float64) {
	least, most = slices.Min(values), slices.Max(values)
	if least == most {
		margin := max(math.Abs(least)/10, 1e-9)
		return least - margin, most + margin
	}
	return least, most
}

func shortNumber(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }

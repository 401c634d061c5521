// Package chart draws one curve: as text for a terminal, as SVG and as CSV for files.
package chart

import (
	"encoding/csv"
	"fmt"
	"html"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/guptarohit/asciigraph"
	"github.com/pkg/errors"
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
	first, last := short(c.X[0]), short(c.X[len(c.X)-1])
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

// The picture's measures.
const (
	pictureWidth, pictureHeight = 720, 400
	left, right, top, bottom    = 90, 20, 40, 50
)

// WriteSVG writes a picture of its own, without scripts or fonts from elsewhere.
func (c *Curve) WriteSVG(w io.Writer) error {
	x := newAxis(c.X, c.LogX, left, pictureWidth-right)
	y := newAxis(c.Y, false, pictureHeight-bottom, top)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", pictureWidth, pictureHeight)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="white"/>`+"\n")
	fmt.Fprintf(&b, `<text x="%d" y="24" font-size="15">%s</text>`+"\n", left, html.EscapeString(c.Title))
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">%s</text>`+"\n", (left+pictureWidth-right)/2, pictureHeight-12, html.EscapeString(c.XName))
	for _, tick := range x.ticks() {
		fmt.Fprintf(&b, `<path d="M%.1f %dV%d" stroke="#ddd"/><text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n",
			x.at(tick), top, pictureHeight-bottom, x.at(tick), pictureHeight-bottom+18, short(tick))
	}
	for _, tick := range y.ticks() {
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n",
			left, y.at(tick), pictureWidth-right, left-8, y.at(tick)+4, short(tick))
	}
	b.WriteString(`<polyline fill="none" stroke="#1f5fa8" stroke-width="2" points="`)
	for i := range c.X {
		fmt.Fprintf(&b, "%.1f,%.1f ", x.at(c.X[i]), y.at(c.Y[i]))
	}
	b.WriteString("\"/>\n</svg>\n")
	_, err := io.WriteString(w, b.String())
	return errors.Wrap(err, "svg")
}

// axis maps values to places of the picture.
type axis struct {
	low, high float64
	from, to  float64
	scale     func(float64) float64
	back      func(float64) float64
}

func newAxis(values []float64, log bool, from, to float64) axis {
	a := axis{low: math.Inf(1), high: math.Inf(-1), from: from, to: to, scale: same, back: same}
	if log {
		a.scale, a.back = math.Log, math.Exp
	}
	for _, v := range values {
		a.low, a.high = min(a.low, a.scale(v)), max(a.high, a.scale(v))
	}
	if a.low == a.high { // a line in the middle
		a.low, a.high = a.low-1, a.high+1
	}
	return a
}

func same(v float64) float64 { return v }

func (a axis) at(v float64) float64 {
	return a.from + (a.to-a.from)*(a.scale(v)-a.low)/(a.high-a.low)
}

// ticks are five places at equal distances.
func (a axis) ticks() []float64 {
	var ticks []float64
	for i := range 5 {
		ticks = append(ticks, a.back(a.low+(a.high-a.low)*float64(i)/4))
	}
	return ticks
}

func short(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }

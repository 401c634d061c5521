// Package svg draws pictures of numbers as SVG: panels below each other, with lines, bars and heat maps, linear and logarithmic axes
// and round ticks. A picture is complete, without scripts, styles or fonts from elsewhere, and is the same to the byte on every machine.
package svg

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pkg/errors"
)

// Sizes of pictures, in pixels.
const (
	Width       = 860.0
	Left        = 76.0
	Right       = 752.0
	captionFoot = 36.0 // below which the first panel begins
	panelHead   = 26.0
	TickFoot    = 20.0 // names of ticks below a panel
	labelFoot   = 24.0 // the label of its axis
)

// What fits next to an axis.
const (
	TickCount    = 10
	unitTicks    = 5
	mostNames    = 60 // of steps; more are called by number
	longestName  = 3  // characters of a step's name
	longestTitle = 110
)

// Picture is an SVG in the making.
type Picture struct {
	body   strings.Builder
	Height float64 // of what is there so far
}

// New begins a picture with a caption.
func New(caption string) *Picture {
	p := &Picture{Height: captionFoot}
	p.Text(12, 22, `font-size="15" font-weight="bold"`, Shorten(caption, longestTitle))
	return p
}

// Write writes the picture.
func (p *Picture) Write(w io.Writer) error {
	_, err := fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" font-family="sans-serif" font-size="12">
<rect width="100%%" height="100%%" fill="white"/>
%s</svg>
`, Width, p.Height, Width, p.Height, p.body.String())
	return errors.Wrap(err, "picture")
}

// Add adds an element.
func (p *Picture) Add(format string, args ...any) { fmt.Fprintf(&p.body, format+"\n", args...) }

// Text writes at a place, with these attributes.
func (p *Picture) Text(x, y float64, attributes, s string) {
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(s)) // a builder takes everything
	p.Add(`<text x="%.1f" y="%.1f" %s>%s</text>`, x, y, attributes, escaped.String())
}

// Shorten cuts a text after most characters.
func Shorten(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// Panel is a place for a plot.
type Panel struct {
	*Picture
	Top, Bottom float64
	X, Y        Axis
}

// Axis places values between two ends, in pixels.
type Axis struct {
	from, to    float64 // pixels
	Least, Most float64 // values there
}

// AxisBetween is an axis from one pixel to another for values from least to most.
func AxisBetween(from, to, least, most float64) Axis {
	return Axis{from: from, to: to, Least: least, Most: most}
}

// At is the pixel of a value.
func (a Axis) At(v float64) float64 { return a.from + (a.to-a.from)*(v-a.Least)/(a.Most-a.Least) }

// Tick is a place on an axis with a name.
type Tick struct {
	At   float64 // value
	Name string
}

// Panel adds a panel of that height below what is there. The value axes go from least to most.
func (p *Picture) Panel(title string, height float64, x, y Axis) *Panel {
	a := &Panel{Picture: p, Top: p.Height + panelHead, Bottom: p.Height + panelHead + height, X: x, Y: y}
	a.X.from, a.X.to = Left, Right
	a.Y.from, a.Y.to = a.Bottom, a.Top
	p.Text(Left, a.Top-8, `font-weight="bold"`, title)
	p.Height = a.Bottom
	return a
}

// Frame draws the outline and the ticks of both axes.
func (a *Panel) Frame(xs, ys []Tick, yLabel string) {
	a.Add(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="none" stroke="#555"/>`, a.X.from, a.Top, a.X.to-a.X.from, a.Bottom-a.Top)
	for _, t := range xs {
		x := a.X.At(t.At)
		a.Add(`<path d="M%.1f %.1fv4" stroke="#555"/>`, x, a.Bottom)
		a.Text(x, a.Bottom+16, `text-anchor="middle"`, t.Name)
	}
	for _, t := range ys {
		y := a.Y.At(t.At)
		a.Add(`<path d="M%.1f %.1fh-4" stroke="#555"/>`, a.X.from, y)
		a.Text(a.X.from-7, y+4, `text-anchor="end"`, t.Name)
	}
	a.Upright(16, yLabel)
	a.Height += TickFoot
}

// Upright writes next to the panel.
func (a *Panel) Upright(x float64, label string) {
	y := (a.Top + a.Bottom) / 2
	a.Text(x, y, fmt.Sprintf(`text-anchor="middle" transform="rotate(-90 %.1f %.1f)"`, x, y), label)
}

// Label names the axis below the last panel.
func (p *Picture) Label(s string) {
	p.Text((Left+Right)/2, p.Height+12, `text-anchor="middle"`, s)
	p.Height += labelFoot
}

// Whole are ticks at whole numbers from 0 to n−1, not many more than most.
func Whole(n, most int) []Tick {
	step := 1
	for i := 0; (n-1)/step > most; i++ {
		step = []int{2, 5, 10}[i%3] * int(math.Pow10(i/3))
	}
	var ticks []Tick
	for v := 0; v < n; v += step {
		ticks = append(ticks, Tick{float64(v), strconv.Itoa(v)})
	}
	return ticks
}

// Steps are the ticks of an axis of time: what the steps are called where that is known and short, else numbers.
func Steps(names []string, n int) []Tick {
	if names == nil || n > mostNames {
		return Whole(n, TickCount)
	}
	ticks := make([]Tick, n)
	for i, name := range names {
		if name == " " {
			name = "␣" // a space that can be seen
		}
		ticks[i] = Tick{float64(i), Shorten(name, longestName)}
	}
	return ticks
}

// FromZero are ticks from 0 to most and the round number that the axis ends with.
func FromZero(most float64) (ticks []Tick, end float64) {
	if most <= 0 {
		return []Tick{{0, "0"}}, 1
	}
	step := math.Pow(10, math.Floor(math.Log10(most)))
	for most/step < 3 {
		step /= 2
	}
	for v := 0.0; v < most+step; v += step {
		ticks, end = append(ticks, Tick{v, strconv.FormatFloat(v, 'g', 3, 64)}), v
	}
	return ticks, end
}

// Logarithmic are ticks for numbers from least to most, and the exponents of ten that the axis ends with: at powers of ten,
// or where there are few of them also between.
func Logarithmic(least, most float64) (ticks []Tick, low, high float64) {
	factors := []float64{1, 2, 5}
	if most/least > 100 {
		factors = factors[:1]
	}
	var marks []float64
	for e := math.Floor(math.Log10(least)); e <= math.Ceil(math.Log10(most)); e++ {
		for _, f := range factors {
			marks = append(marks, f*math.Pow(10, e))
		}
	}
	first, last := 0, len(marks)-1
	for first+1 < last && marks[first+1] <= least {
		first++
	}
	for last-1 > first && marks[last-1] >= most {
		last--
	}
	marks = marks[first : last+1]
	every := (len(marks)-1)/TickCount + 1
	for i := 0; i < len(marks); i += every {
		ticks = append(ticks, Tick{math.Log10(marks[i]), decimal(marks[i])})
	}
	return ticks, math.Log10(marks[0]), math.Log10(marks[len(marks)-1])
}

// decimal is a round number, as a power of ten where it is very small or large.
func decimal(v float64) string {
	if e := math.Round(math.Log10(v)); math.Abs(e) > 3 {
		return "10" + superscript(int(e))
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

func superscript(n int) string {
	return strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹").
		Replace(strconv.Itoa(n))
}

// Between are round ticks within least and most, about as many as count.
func Between(least, most float64, count int) []Tick {
	if !(most > least) {
		return []Tick{{least, number(least)}}
	}
	step := math.Pow(10, math.Floor(math.Log10((most-least)/float64(count))))
	for _, factor := range []float64{2, 2.5, 2} {
		if (most-least)/step <= float64(count) {
			break
		}
		step *= factor
	}
	var ticks []Tick
	for i := math.Ceil(least/step - 1e-9); i*step <= most+1e-9*step; i++ {
		v := i*step + 0 // no −0
		ticks = append(ticks, Tick{v, number(v)})
	}
	return ticks
}

func number(v float64) string {
	return strconv.FormatFloat(v, 'g', 6, 64)
}

// Line draws points that are in values of the axes.
func (a *Panel) Line(xs, ys []float64, attributes string) {
	var points []string
	for i, x := range xs {
		points = append(points, fmt.Sprintf("%.1f,%.1f", a.X.At(x), a.Y.At(ys[i])))
	}
	a.Add(`<polyline points="%s" fill="none" %s/>`, strings.Join(points, " "), attributes)
}

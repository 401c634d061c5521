package inspect

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
	pictureWidth = 860.0
	plotLeft     = 76.0
	plotRight    = 752.0
	captionFoot  = 36.0 // below which the first panel begins
	panelHead    = 26.0
	tickFoot     = 20.0 // names of ticks below a panel
	labelFoot    = 24.0 // the label of its axis
)

// What fits beside an axis.
const (
	tickCount    = 10
	unitTicks    = 5
	mostNames    = 60 // of steps; more are called by number
	longestName  = 3  // characters of a step's name
	mostFeatures = 24 // that are called by name
	longestLabel = 9  // characters of a feature's name
	longestTitle = 110
)

// picture is an SVG in the making.
type picture struct {
	body   strings.Builder
	height float64
}

// newPicture begins a picture with a caption.
func newPicture(caption string) *picture {
	p := &picture{height: captionFoot}
	p.text(12, 22, `font-size="15" font-weight="bold"`, shorten(caption, longestTitle))
	return p
}

func (p *picture) write(w io.Writer) error {
	_, err := fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" font-family="sans-serif" font-size="12">
<rect width="100%%" height="100%%" fill="white"/>
%s</svg>
`, pictureWidth, p.height, pictureWidth, p.height, p.body.String())
	return errors.Wrap(err, "picture")
}

func (p *picture) add(format string, args ...any) { fmt.Fprintf(&p.body, format+"\n", args...) }

func (p *picture) text(x, y float64, attributes, s string) {
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(s)) // a builder takes everything
	p.add(`<text x="%.1f" y="%.1f" %s>%s</text>`, x, y, attributes, escaped.String())
}

func shorten(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// panel is a place for a plot.
type panel struct {
	*picture
	top, bottom float64
	x, y        axis
}

// axis places values between two ends, in pixels.
type axis struct {
	from, to    float64 // pixels
	least, most float64 // values there
}

func (a axis) at(v float64) float64 { return a.from + (a.to-a.from)*(v-a.least)/(a.most-a.least) }

// tick is a place on an axis with a name.
type tick struct {
	at   float64 // value
	name string
}

// panel adds a panel of that height below what is there. The value axes go from least to most.
func (p *picture) panel(title string, height float64, x, y axis) *panel {
	a := &panel{picture: p, top: p.height + panelHead, bottom: p.height + panelHead + height, x: x, y: y}
	a.x.from, a.x.to = plotLeft, plotRight
	a.y.from, a.y.to = a.bottom, a.top
	p.text(plotLeft, a.top-8, `font-weight="bold"`, title)
	p.height = a.bottom
	return a
}

// frame draws the outline and the ticks of both axes.
func (a *panel) frame(xs, ys []tick, yLabel string) {
	a.add(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="none" stroke="#555"/>`, a.x.from, a.top, a.x.to-a.x.from, a.bottom-a.top)
	for _, t := range xs {
		x := a.x.at(t.at)
		a.add(`<path d="M%.1f %.1fv4" stroke="#555"/>`, x, a.bottom)
		a.text(x, a.bottom+16, `text-anchor="middle"`, t.name)
	}
	for _, t := range ys {
		y := a.y.at(t.at)
		a.add(`<path d="M%.1f %.1fh-4" stroke="#555"/>`, a.x.from, y)
		a.text(a.x.from-7, y+4, `text-anchor="end"`, t.name)
	}
	a.upright(16, yLabel)
	a.height += tickFoot
}

// upright writes beside the panel.
func (a *panel) upright(x float64, label string) {
	y := (a.top + a.bottom) / 2
	a.text(x, y, fmt.Sprintf(`text-anchor="middle" transform="rotate(-90 %.1f %.1f)"`, x, y), label)
}

// label names the axis below the last panel.
func (p *picture) label(s string) {
	p.text((plotLeft+plotRight)/2, p.height+12, `text-anchor="middle"`, s)
	p.height += labelFoot
}

// whole are ticks at whole numbers from 0 to n−1, not many more than so many.
func whole(n, most int) []tick {
	step := 1
	for i := 0; (n-1)/step > most; i++ {
		step = []int{2, 5, 10}[i%3] * int(math.Pow10(i/3))
	}
	var ticks []tick
	for v := 0; v < n; v += step {
		ticks = append(ticks, tick{float64(v), strconv.Itoa(v)})
	}
	return ticks
}

// steps are the ticks of an axis of time: what the steps are called where that is known and short, else numbers.
func steps(names []string, n int) []tick {
	if names == nil || n > mostNames {
		return whole(n, tickCount)
	}
	ticks := make([]tick, n)
	for i, name := range names {
		if name == " " {
			name = "␣" // a space that can be seen
		}
		ticks[i] = tick{float64(i), shorten(name, longestName)}
	}
	return ticks
}

// round are ticks from 0 to most and the round number that the axis ends with.
func round(most float64) (ticks []tick, end float64) {
	if most <= 0 {
		return []tick{{0, "0"}}, 1
	}
	step := math.Pow(10, math.Floor(math.Log10(most)))
	for most/step < 3 {
		step /= 2
	}
	for v := 0.0; v < most+step; v += step {
		ticks, end = append(ticks, tick{v, strconv.FormatFloat(v, 'g', 3, 64)}), v
	}
	return ticks, end
}

// logarithmic are ticks for numbers from least to most, and the exponents of ten that the axis ends with: at powers of ten,
// or where there are few of them also between.
func logarithmic(least, most float64) (ticks []tick, low, high float64) {
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
	every := (len(marks)-1)/tickCount + 1
	for i := 0; i < len(marks); i += every {
		ticks = append(ticks, tick{math.Log10(marks[i]), decimal(marks[i])})
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

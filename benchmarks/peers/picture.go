package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/gruexp/gruexp/trainer/inspect/svg"
)

// Sizes of the picture, in pixels.
const (
	panelLeft     = 210.0
	panelRight    = 780.0
	barHeight     = 13.0
	groupGap      = 9.0
	panelHead     = 46.0
	panelFoot     = 34.0
	legendHeight  = 30.0
	labelWidth    = 30.0
	pictureMargin = 16.0
)

// picture draws the two comparisons with other programs as an SVG: how fast a layer is beside oneDNN and a training step
// beside PyTorch, both as times faster on a logarithmic scale, with a mark at each bar.
func (r *recording) picture() string {
	layer, step := r.layerSection(), r.trainStepSection()
	for i := range layer.rows { // ours / theirs, which is to be small, becomes theirs / ours
		x := &layer.rows[i]
		x.value = spread{1 / x.value.median, 1 / x.value.high, 1 / x.value.low}
		x.bar = atLeast(1 / x.bar.limit)
	}
	layer.title, layer.value = "Layer, forward and backward: times faster than oneDNN", step.value
	step.title = "Training step: times faster than PyTorch at its best"

	p := &svg.Picture{Height: pictureMargin}
	for _, s := range []section{layer, step} {
		s.draw(p)
	}
	legend(p)
	var b strings.Builder
	_ = p.Write(&b) // a builder takes everything
	return b.String()
}

// draw adds a panel.
func (s *section) draw(p *svg.Picture) {
	top := p.Height
	least, most := 1.0, 2.0
	for _, x := range s.rows {
		if x.measured {
			least, most = min(least, x.value.median), max(most, x.value.median, x.bar.limit)
		}
	}
	low, high := math.Floor(math.Log2(least)), math.Ceil(math.Log2(most)) // the axis runs between powers of two
	axis := svg.AxisBetween(panelLeft, panelRight, low, high)
	at := func(value float64) float64 { return axis.At(math.Log2(value)) }
	p.Text(pictureMargin, top+14, `font-size="14" font-weight="bold"`, s.title)

	rowsTop := top + panelHead
	bottom := rowsTop + s.height()
	for power := low; power <= high; power++ {
		x, color := at(math.Exp2(power)), "#ddd"
		if power == 0 {
			color = "#777"
		}
		p.Add(`<path d="M%.1f %.1fV%.1f" stroke="%s"/>`, x, rowsTop-6, bottom, color)
		p.Text(x, rowsTop-12, `text-anchor="middle" fill="#555"`, number(math.Exp2(power))+"×")
	}
	y := rowsTop
	for i, x := range s.rows {
		if i > 0 && s.rows[i-1].name != x.name {
			y += groupGap
		}
		x.draw(p, y, at)
		y += barHeight
	}
	p.Height += panelHead + s.height() + panelFoot
}

// height is that of all rows.
func (s *section) height() float64 {
	height := barHeight * float64(len(s.rows))
	for i := range s.rows {
		if i > 0 && s.rows[i-1].name != s.rows[i].name {
			height += groupGap
		}
	}
	return height
}

func (x *row) draw(p *svg.Picture, y float64, at func(float64) float64) {
	p.Text(panelLeft-8, y+10, `text-anchor="end"`, fmt.Sprintf("%s, %d %s", x.name, x.threads, plural(x.threads, "thread")))
	if !x.measured {
		p.Text(panelLeft+4, y+10, `fill="#777"`, "not measured")
		return
	}
	from, to := at(1), at(x.value.median)
	p.Add(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`,
		min(from, to), y+1, math.Abs(to-from), barHeight-2, colorOf(x.threads))
	if x.bar.limit > 0 {
		p.Add(`<path d="M%.1f %.1fV%.1f" stroke="#c33" stroke-width="2"/>`, at(x.bar.limit), y-1, y+barHeight+1)
	}
	label := max(from, to) + 5
	if mark := at(x.bar.limit); x.bar.limit > 0 && mark >= label-5 && mark < label+labelWidth {
		label = mark + 5
	}
	p.Text(label, y+10, "", number(x.value.median))
}

func legend(p *svg.Picture) {
	y := p.Height
	for i, name := range []string{"1 thread", "more threads"} {
		x := panelLeft + 100*float64(i)
		p.Add(`<rect x="%.1f" y="%.1f" width="12" height="12" fill="%s"/>`, x, y, colorOf(i+1))
		p.Text(x+18, y+10, "", name)
	}
	p.Add(`<path d="M%.1f %.1fv14" stroke="#c33" stroke-width="2"/>`, panelLeft+226, y-1)
	p.Text(panelLeft+234, y+10, "", "the bar")
	p.Height += legendHeight
}

func colorOf(threads int) string {
	if threads == 1 {
		return "#7bccc4"
	}
	return "#0868ac"
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

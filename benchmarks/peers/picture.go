package main

import (
	"fmt"
	"math"
	"strings"
)

// Sizes of the picture, in pixels.
const (
	pictureWidth  = 860.0
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

	var body strings.Builder
	top := pictureMargin
	for _, s := range []section{layer, step} {
		top += s.draw(&body, top)
	}
	legend(&body, top)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" font-family="sans-serif" font-size="12">`+"\n",
		pictureWidth, top+legendHeight)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="white"/>`+"\n")
	return b.String() + body.String() + "</svg>\n"
}

// draw draws one panel from top down and returns its height.
func (s *section) draw(b *strings.Builder, top float64) float64 {
	least, most := 1.0, 2.0
	for _, x := range s.rows {
		if x.measured {
			least, most = min(least, x.value.median), max(most, x.value.median, x.bar.limit)
		}
	}
	low, high := math.Floor(math.Log2(least)), math.Ceil(math.Log2(most)) // the axis runs between powers of two
	at := func(value float64) float64 {
		return panelLeft + (panelRight-panelLeft)*(math.Log2(value)-low)/(high-low)
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" font-size="14" font-weight="bold">%s</text>`+"\n", pictureMargin, top+14, s.title)

	rowsTop := top + panelHead
	bottom := rowsTop + s.height()
	for power := low; power <= high; power++ {
		x, color := at(math.Exp2(power)), "#ddd"
		if power == 0 {
			color = "#777"
		}
		fmt.Fprintf(b, `<path d="M%.1f %.1fV%.1f" stroke="%s"/>`+"\n", x, rowsTop-6, bottom, color)
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle" fill="#555">%s×</text>`+"\n", x, rowsTop-12, number(math.Exp2(power)))
	}
	y := rowsTop
	for i, x := range s.rows {
		if i > 0 && s.rows[i-1].name != x.name {
			y += groupGap
		}
		x.draw(b, y, at)
		y += barHeight
	}
	return panelHead + s.height() + panelFoot
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

func (x *row) draw(b *strings.Builder, y float64, at func(float64) float64) {
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="end">%s, %d %s</text>`+"\n",
		panelLeft-8, y+10, x.name, x.threads, plural(x.threads, "thread"))
	if !x.measured {
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" fill="#777">not measured</text>`+"\n", panelLeft+4, y+10)
		return
	}
	from, to := at(1), at(x.value.median)
	fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n",
		min(from, to), y+1, math.Abs(to-from), barHeight-2, colorOf(x.threads))
	if x.bar.limit > 0 {
		fmt.Fprintf(b, `<path d="M%.1f %.1fV%.1f" stroke="#c33" stroke-width="2"/>`+"\n", at(x.bar.limit), y-1, y+barHeight+1)
	}
	label := max(from, to) + 5
	if mark := at(x.bar.limit); x.bar.limit > 0 && mark >= label-5 && mark < label+labelWidth {
		label = mark + 5
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f">%s</text>`+"\n", label, y+10, number(x.value.median))
}

func legend(b *strings.Builder, y float64) {
	fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="12" height="12" fill="%s"/><text x="%.1f" y="%.1f">1 thread</text>`+"\n",
		panelLeft, y, colorOf(1), panelLeft+18, y+10)
	fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="12" height="12" fill="%s"/><text x="%.1f" y="%.1f">more threads</text>`+"\n",
		panelLeft+100, y, colorOf(2), panelLeft+118, y+10)
	fmt.Fprintf(b, `<path d="M%.1f %.1fv14" stroke="#c33" stroke-width="2"/><text x="%.1f" y="%.1f">the bar</text>`+"\n",
		panelLeft+226, y-1, panelLeft+234, y+10)
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

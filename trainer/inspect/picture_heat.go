package inspect

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
	"strconv"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
)

// Sizes of a heat map and its color bar, in pixels.
const (
	barLeft   = plotRight + 22
	barWidth  = 14.0
	barLabel  = pictureWidth - 6
	mapPixels = 256 // at least, in either direction: viewers blur what they enlarge
)

// scale is what colors mean: numbers from least to most.
type scale struct {
	least, most float64
	colors      color.Palette
}

// shares is a scale for 0 to 1.
func shares() scale { return scale{0, 1, toBlue()} }

// around is a scale for −most to most, with white at 0.
func around(most float64) scale {
	colors := toRed()
	slices.Reverse(colors)
	return scale{-most, most, append(colors, toBlue()...)}
}

// upTo is a scale for 0 to most.
func upTo(most float64) scale { return scale{0, most, toRed()} }

func toBlue() color.Palette { return fromWhiteTo(8, 48, 107) }
func toRed() color.Palette  { return fromWhiteTo(127, 0, 0) }

// fromWhiteTo are colors that grow darker evenly, so that they keep their order in gray.
func fromWhiteTo(r, g, b float64) color.Palette {
	colors := make(color.Palette, 128)
	for i := range colors {
		mix := func(to float64) uint8 { return uint8(math.Round(255 + (to-255)*float64(i)/float64(len(colors)-1))) }
		colors[i] = color.RGBA{mix(r), mix(g), mix(b), 255}
	}
	return colors
}

// scaleOf fits the values: shares where they are gates from 0 to 1, else as far around 0 as they reach, but at least to 1.
func scaleOf(v Values) scale {
	least, most := mat.Min(v.Dense), mat.Max(v.Dense)
	if !v.Signed() && least >= 0 && most <= 1 {
		return shares()
	}
	return around(max(1, -least, most))
}

// index is the number of the color of v.
func (s scale) index(v float64) uint8 {
	last := float64(len(s.colors) - 1)
	return uint8(math.Round(last * min(1, max(0, (v-s.least)/(s.most-s.least)))))
}

// heat adds a heat map of values over time with a color bar, whose numbers are called unit.
func (p *picture) heat(title string, height float64, v Values, s scale, columns, unit string) error {
	rows, width := v.Dims()
	a := p.panel(title, height, axis{least: -0.5, most: float64(rows) - 0.5}, axis{least: -0.5, most: float64(width) - 0.5})
	if err := a.image(a.x.from, a.x.to-a.x.from, rows, width, s, v.At); err != nil {
		return err
	}
	ys := whole(width, unitTicks)
	if v.Columns != nil && width <= mostFeatures {
		ys = ys[:0]
		for i, name := range v.Columns {
			ys = append(ys, tick{float64(i), shorten(name, longestLabel)})
		}
	}
	a.frame(steps(v.Steps, rows), ys, columns)

	value := func(i int) float64 { return s.least + (s.most-s.least)*float64(i)/float64(len(s.colors)-1) }
	if err := a.image(barLeft, barWidth, 1, len(s.colors), s, func(_, i int) float64 { return value(i) }); err != nil {
		return err
	}
	a.add(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="none" stroke="#555"/>`, barLeft, a.top, barWidth, a.bottom-a.top)
	bar := axis{from: a.bottom, to: a.top, least: s.least, most: s.most}
	for _, mark := range []float64{s.least, (s.least + s.most) / 2, s.most} {
		y := bar.at(mark)
		a.add(`<path d="M%.1f %.1fh4" stroke="#555"/>`, barLeft+barWidth, y)
		a.text(barLeft+barWidth+7, y+4, "", strconv.FormatFloat(mark, 'g', 2, 64))
	}
	if unit != "" {
		a.upright(barLabel, unit)
	}
	return nil
}

// image draws a map of rows (from left to right) and columns (from the bottom up) at the height of the panel.
func (a *panel) image(left, width float64, rows, columns int, s scale, at func(row, column int) float64) error {
	across, along := max(1, mapPixels/rows), max(1, mapPixels/columns)
	pixels := image.NewPaletted(image.Rect(0, 0, rows*across, columns*along), s.colors)
	for y := range columns {
		line := pixels.Pix[y*along*pixels.Stride:][:pixels.Stride]
		for x := range line {
			line[x] = s.index(at(x/across, columns-1-y))
		}
		for copied := 1; copied < along; copied++ {
			copy(pixels.Pix[(y*along+copied)*pixels.Stride:], line)
		}
	}
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, pixels); err != nil {
		return errors.Wrap(err, "picture")
	}
	a.add(`<image x="%.1f" y="%.1f" width="%.1f" height="%.1f" preserveAspectRatio="none" style="image-rendering:pixelated" xlink:href="data:image/png;base64,%s"/>`,
		left, a.top, width, a.bottom-a.top, base64.StdEncoding.EncodeToString(encoded.Bytes()))
	return nil
}

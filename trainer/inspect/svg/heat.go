package svg

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"

	"github.com/pkg/errors"
)

// Sizes of a heat map and its color bar, in pixels.
const (
	barLeft   = Right + 22
	barWidth  = 14.0
	barLabel  = Width - 6
	mapPixels = 256 // at least, in either direction: viewers blur what they enlarge
)

// Scale is what colors mean: numbers from least to most.
type Scale struct {
	least, most float64
	colors      color.Palette
}

// Shares is a scale for 0 to 1.
func Shares() Scale { return Scale{0, 1, toBlue()} }

// Around is a scale for −most to most, with white at 0.
func Around(most float64) Scale {
	colors := toRed()
	slices.Reverse(colors)
	return Scale{-most, most, append(colors, toBlue()...)}
}

// UpTo is a scale for 0 to most.
func UpTo(most float64) Scale { return Scale{0, most, toRed()} }

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

// index is the number of the color of v.
func (s Scale) index(v float64) uint8 {
	last := float64(len(s.colors) - 1)
	return uint8(math.Round(last * min(1, max(0, (v-s.least)/(s.most-s.least)))))
}

// Heat is a table of numbers to draw: rows from left to right, columns from the bottom up.
type Heat struct {
	Title         string
	Height        float64 // in pixels
	Rows, Columns int
	At            func(row, column int) float64
	Scale         Scale
	XTicks        []Tick
	YTicks        []Tick // nil: numbers
	YLabel, Unit  string // Unit is what the numbers of the color bar are called
}

// Heat adds a heat map with a color bar.
func (p *Picture) Heat(h Heat) error {
	a := p.Panel(h.Title, h.Height, Axis{Least: -0.5, Most: float64(h.Rows) - 0.5}, Axis{Least: -0.5, Most: float64(h.Columns) - 0.5})
	if err := a.image(a.X.from, a.X.to-a.X.from, h.Rows, h.Columns, h.Scale, h.At); err != nil {
		return err
	}
	ys := h.YTicks
	if ys == nil {
		ys = Whole(h.Columns, unitTicks)
	}
	a.Frame(h.XTicks, ys, h.YLabel)

	s := h.Scale
	value := func(i int) float64 { return s.least + (s.most-s.least)*float64(i)/float64(len(s.colors)-1) }
	if err := a.image(barLeft, barWidth, 1, len(s.colors), s, func(_, i int) float64 { return value(i) }); err != nil {
		return err
	}
	a.Add(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="none" stroke="#555"/>`, barLeft, a.Top, barWidth, a.Bottom-a.Top)
	bar := Axis{from: a.Bottom, to: a.Top, Least: s.least, Most: s.most}
	for _, mark := range Between(s.least, s.most, 5) {
		y := bar.At(mark.At)
		a.Add(`<path d="M%.1f %.1fh4" stroke="#555"/>`, barLeft+barWidth, y)
		a.Text(barLeft+barWidth+7, y+4, "", mark.Name)
	}
	if h.Unit != "" {
		a.Upright(barLabel, h.Unit)
	}
	return nil
}

// image draws a map of rows (from left to right) and columns (from the bottom up) at the height of the panel.
func (a *Panel) image(left, width float64, rows, columns int, s Scale, at func(row, column int) float64) error {
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
	a.Add(`<image x="%.1f" y="%.1f" width="%.1f" height="%.1f" preserveAspectRatio="none" style="image-rendering:pixelated" xlink:href="data:image/png;base64,%s"/>`,
		left, a.Top, width, a.Bottom-a.Top, base64.StdEncoding.EncodeToString(encoded.Bytes()))
	return nil
}

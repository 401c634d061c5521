package docs_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestPicture draws images/languages.svg from the files of one run of the default experiment. For a new run, copy its
// metrics.jsonl and result.json to images/languages and run go test ./docs -update.
func TestPicture(t *testing.T) {
	var curve curve
	for line := range strings.Lines(read(t, "images/languages/metrics.jsonl")) {
		var epoch struct{ Train, Valid map[string]float64 }
		if err := json.Unmarshal([]byte(line), &epoch); err != nil {
			t.Fatal(err)
		}
		curve.train = append(curve.train, epoch.Train["accuracy"])
		curve.valid = append(curve.valid, epoch.Valid["accuracy"])
	}
	var result struct {
		BestEpoch int `json:"best_epoch"`
		Test      map[string]float64
		Baselines map[string]map[string]float64
	}
	if err := json.Unmarshal([]byte(read(t, "images/languages/result.json")), &result); err != nil {
		t.Fatal(err)
	}
	curve.best, curve.test, curve.baseline = result.BestEpoch, result.Test["accuracy"], result.Baselines["ngram"]["accuracy"]
	if len(curve.train) < 2 || curve.best < 1 || curve.best > len(curve.train) {
		t.Fatalf("found %d epochs, the best %d, expected a whole run", len(curve.train), curve.best)
	}

	picture := filepath.FromSlash("images/languages.svg")
	if *update {
		if err := os.WriteFile(picture, []byte(curve.svg()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if read(t, picture) != curve.svg() {
		t.Errorf("%s is not what its run says: run go test ./docs -update", picture)
	}
}

// curve is the accuracy of a run by epoch.
type curve struct {
	train, valid   []float64
	best           int
	test, baseline float64
}

// The place of the axes in the picture, in pixels.
const (
	left, right, top, bottom = 60.0, 560.0, 30.0, 300.0
)

func (c curve) x(epoch int) float64 {
	return left + (right-left)*float64(epoch-1)/float64(len(c.train)-1)
}

func (c curve) y(accuracy float64) float64 {
	low, high := c.tenths()
	return bottom - (bottom-top)*(10*accuracy-low)/(high-low)
}

// tenths are the ends of the upright axis.
func (c curve) tenths() (low, high float64) {
	all := slices.Concat(c.train, c.valid, []float64{c.test, c.baseline})
	return math.Floor(10 * slices.Min(all)), math.Ceil(10 * slices.Max(all))
}

func (c curve) svg() string {
	var b strings.Builder
	draw := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	draw(`<svg xmlns="http://www.w3.org/2000/svg" width="600" height="350" font-family="sans-serif" font-size="13">`)
	draw(`<rect width="600" height="350" fill="white"/>`)
	low, high := c.tenths()
	for tenth := low; tenth <= high; tenth++ {
		y := c.y(tenth / 10)
		draw(`<path d="M%.1f %.1fH%.1f" stroke="#ddd"/>`, left, y, right)
		draw(`<text x="%.1f" y="%.1f" text-anchor="end">%.0f %%</text>`, left-8, y+4, 10*tenth)
	}
	for epoch := 5; epoch <= len(c.train); epoch += 5 {
		draw(`<text x="%.1f" y="%.1f" text-anchor="middle">%d</text>`, c.x(epoch), bottom+20, epoch)
	}
	draw(`<text x="%.1f" y="%.1f" text-anchor="middle">epoch</text>`, (left+right)/2, bottom+40)
	c.line(draw, c.train, "#999")
	c.line(draw, c.valid, "#0868ac")
	draw(`<path d="M%.1f %.1fH%.1f" stroke="#c44" stroke-dasharray="6 4"/>`, left, c.y(c.baseline), right)
	draw(`<circle cx="%.1f" cy="%.1f" r="4.5" fill="#222"/>`, c.x(c.best), c.y(c.test))

	draw(`<text x="%.1f" y="%.1f" font-weight="bold">right answers</text>`, left+8, top-6)
	legend := []struct{ color, text string }{
		{"#0868ac", "validation"},
		{"#999", "training, with dropout on"},
		{"#c44", fmt.Sprintf("best n-gram baseline on test, %.1f %%", 100*c.baseline)},
		{"#222", fmt.Sprintf("the GRU of the best epoch on test, %.1f %%", 100*c.test)},
	}
	draw(`<rect x="%.1f" y="%.1f" width="310" height="86" fill="white"/>`, (left+right)/2-66, bottom-102)
	for i, l := range legend {
		y := bottom - 86 + 20*float64(i)
		draw(`<rect x="%.1f" y="%.1f" width="12" height="12" fill="%s"/>`, (left+right)/2-60, y-10, l.color)
		draw(`<text x="%.1f" y="%.1f">%s</text>`, (left+right)/2-40, y, l.text)
	}
	draw(`</svg>`)
	return b.String()
}

func (c curve) line(draw func(string, ...any), values []float64, color string) {
	points := make([]string, len(values))
	for i, v := range values {
		points[i] = fmt.Sprintf("%.1f,%.1f", c.x(i+1), c.y(v))
	}
	draw(`<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`, strings.Join(points, " "), color)
}

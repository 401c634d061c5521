package svg_test

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/inspect/svg"
)

func names(ticks []svg.Tick) string {
	var all []string
	for _, t := range ticks {
		all = append(all, t.Name)
	}
	return strings.Join(all, " ")
}

func TestTicks(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ found, expected string }{
		{names(svg.Between(0, 1, 5)), "0 0.2 0.4 0.6 0.8 1"},
		{names(svg.Between(-1, 1, 5)), "-1 -0.5 0 0.5 1"},
		{names(svg.Between(3.27, 3.94, 6)), "3.4 3.6 3.8"},
		{names(svg.Between(0, 1234, 6)), "0 500 1000"},
		{names(svg.Between(2, 2, 5)), "2"},
		{names(svg.Whole(7, 10)), "0 1 2 3 4 5 6"},
		{names(svg.Whole(500, 5)), "0 100 200 300 400"},
		{names(svg.Steps([]string{"a", " ", "long"}, 3)), "a ␣ lo…"},
	} {
		if test.found != test.expected {
			t.Errorf("found %s, expected %s", test.found, test.expected)
		}
	}
	ticks, low, high := svg.Logarithmic(3e-6, 0.4)
	if names(ticks) != "10⁻⁶ 10⁻⁵ 10⁻⁴ 0.001 0.01 0.1 1" || low != -6 || math.Abs(high) > 1e-12 {
		t.Errorf("found %s from %v to %v", names(ticks), low, high)
	}
}

func TestPicture(t *testing.T) {
	t.Parallel()
	draw := func() string {
		p := svg.New("a < b & c")
		a := p.Panel("lines", 100, svg.Axis{Most: 2}, svg.Axis{Most: 10})
		a.Line([]float64{0, 1, 2}, []float64{0, 10, 5}, `stroke="#000"`)
		a.Frame(svg.Between(0, 2, 5), svg.Between(0, 10, 5), "y")
		h := svg.Heat{Title: "map", Height: 50, Rows: 3, Columns: 2, At: func(r, c int) float64 { return float64(r) / 2 }, Scale: svg.Shares(), XTicks: svg.Whole(3, 5), Unit: "share"}
		if err := p.Heat(h); err != nil {
			t.Fatal(err)
		}
		p.Label("x")
		var b strings.Builder
		if err := p.Write(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	text := draw()
	decoder, count := xml.NewDecoder(strings.NewReader(text)), map[string]int{}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if start, ok := token.(xml.StartElement); ok {
			count[start.Name.Local]++
		}
	}
	if count["polyline"] != 1 || count["image"] != 2 || !strings.Contains(text, "a &lt; b &amp; c") {
		t.Errorf("found %v", count)
	}
	if again := draw(); again != text {
		t.Error("found another picture the second time")
	}
}

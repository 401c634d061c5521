package cli_test

import (
	"encoding/xml"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/cli"
)

// polyline is the points of a picture, which must be XML.
func polyline(t *testing.T, c cli.Curve) (points [][2]float64, text string) {
	t.Helper()
	var b strings.Builder
	if err := c.WriteSVG(&b); err != nil {
		t.Fatal(err)
	}
	decoder := xml.NewDecoder(strings.NewReader(b.String()))
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return points, b.String()
		}
		if err != nil {
			t.Fatalf("%v in %s", err, b.String())
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "polyline" {
			continue
		}
		for _, a := range start.Attr {
			if a.Name.Local != "points" {
				continue
			}
			for pair := range strings.FieldsSeq(a.Value) {
				x, y, _ := strings.Cut(pair, ",")
				points = append(points, [2]float64{number(t, x), number(t, y)})
			}
		}
	}
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		t.Fatalf("found %q, expected a number (%v)", text, err)
	}
	return v
}

func TestSVG(t *testing.T) {
	points, text := polyline(t, cli.Curve{Title: "a < b & c", XName: "x", YName: "y", X: []float64{0, 1, 2}, Y: []float64{0, 10, 5}})
	if want := [][2]float64{{76, 382}, {414, 62}, {752, 222}}; len(points) != 3 || points[0] != want[0] || points[1] != want[1] || points[2] != want[2] {
		t.Errorf("found %v, expected %v", points, want)
	}
	if !strings.Contains(text, "a &lt; b &amp; c") {
		t.Errorf("found %s, expected the title escaped", text)
	}
	points, _ = polyline(t, cli.Curve{X: []float64{1e-4, 1e-2, 1}, Y: []float64{1, 1, 1}, LogX: true})
	if points[1] != [2]float64{414, 222} {
		t.Errorf("found %v, expected the second point in the middle", points)
	}
	polyline(t, cli.Curve{X: []float64{3}, Y: []float64{3}}) // one point
}

func TestTextAndCSV(t *testing.T) {
	c := cli.Curve{Title: "rate", XName: "epoch", YName: "learning_rate", X: []float64{0, 1, 2.5}, Y: []float64{0.1, 0.05, 0.025}}
	text := c.Text()
	for _, want := range []string{"rate\n", "0.10000", "0.02500", "2.5\n", "epoch\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("found\n%s\nexpected %q in it", text, want)
		}
	}
	var b strings.Builder
	if err := c.WriteCSV(&b); err != nil || b.String() != "epoch,learning_rate\n0,0.1\n1,0.05\n2.5,0.025\n" {
		t.Errorf("found %q (%v)", b.String(), err)
	}
}

package inspect_test

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"image"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gruexp/gruexp/trainer/inspect"
)

func values(name string, rows, columns int, numbers ...float64) inspect.Values {
	return inspect.Values{Name: name, Dense: mat.NewDense(rows, columns, numbers)}
}

// looked are two sequences, of 3 steps and of 1, through a layer of both directions.
func looked() []inspect.Look {
	look := func(sequence, steps int, gradients ...float64) inspect.Look {
		gate, hidden := make([]float64, steps), make([]float64, steps)
		for i := range gate {
			gate[i], hidden[i] = float64(i)/2, -1
		}
		recurrence := func(name string) inspect.Recurrence {
			return inspect.Recurrence{
				Name: name, Gates: []inspect.Values{values("update", steps, 1, gate...), values("hidden", steps, 1, hidden...)},
				Gradient: values("gradient", steps, 2, gradients...),
			}
		}
		return inspect.Look{
			Sequence: sequence, Steps: steps, Loss: 0.5,
			Recurrences: []inspect.Recurrence{recurrence("gru0"), recurrence("gru0/backward")},
			Inputs:      []inspect.Input{{"inputs", values("gradient", steps, 2, gradients...)}, {"embedding0", values("gradient", steps, 2, gradients...)}},
		}
	}
	return []inspect.Look{look(4, 3, 3, 4, 0, 1, 0, 2), look(9, 1, 0, -4)}
}

func TestFlows(t *testing.T) {
	t.Parallel()
	flows := inspect.Flows(looked())
	if len(flows) != 2 || flows[0].Name != "gru0" || flows[1].Name != "gru0/backward" {
		t.Fatalf("found %+v", flows)
	}
	expectClose(t, "forward, from the last step", flows[0].Mean, []float64{(2 + 4) / 2., 1.5, 7.5}, 0) // what is left, 1 and 5 after 2, goes on from 3
	expectClose(t, "backward, from the first step", flows[1].Mean, []float64{(5 + 4) / 2., 0.9, 1.8}, 1e-15)
	if !slices.Equal(flows[0].Counts, []int{2, 1, 1}) {
		t.Errorf("found counts %v, expected 2, 1, 1", flows[0].Counts)
	}
}

func TestSummaries(t *testing.T) {
	t.Parallel()
	s := inspect.Summaries(looked())[0]
	if s.Name != "gru0" || s.LastGradient != 3 || s.FirstGradient != 7.5 || s.Back != 2 { // one of two is half of them
		t.Errorf("found %+v, expected 3 at the last step and 7.5 two before", s)
	}
	update, hidden := s.Gates[0], s.Gates[1]
	if update != (inspect.GateSummary{Name: "update", Mean: 1.5 / 4, Low: 0.5, High: 0.25}) {
		t.Errorf("found %+v, expected what 0, ½, 1 and 0 have", update)
	}
	if hidden != (inspect.GateSummary{Name: "hidden", Mean: -1, Low: 1}) {
		t.Errorf("found %+v, expected what −1 has", hidden)
	}
}

func TestTensors(t *testing.T) {
	t.Parallel()
	var found []string
	for _, x := range looked()[0].Tensors() {
		found = append(found, x.Name)
	}
	want := "gru0/update gru0/hidden gru0/gradient gru0/backward/update gru0/backward/hidden gru0/backward/gradient inputs/gradient embedding0/gradient"
	if got := strings.Join(found, " "); got != want {
		t.Errorf("found %s, expected %s", got, want)
	}
}

// marks reads a picture and counts its elements; images are their pictures.
func marks(t *testing.T, draw func(io.Writer) error) (count map[string]int, images []image.Image, words string) {
	t.Helper()
	var b bytes.Buffer
	if err := draw(&b); err != nil {
		t.Fatalf("%+v", err)
	}
	count = map[string]int{}
	for d := xml.NewDecoder(&b); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return count, images, words
		}
		if err != nil {
			t.Fatalf("found no XML: %v", err)
		}
		switch token := token.(type) {
		case xml.CharData:
			words += string(token)
		case xml.StartElement:
			count[token.Name.Local]++
			for _, a := range token.Attr {
				if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
					t.Errorf("%s: found %s=%q", token.Name.Local, a.Name.Local, a.Value)
				}
				if encoded, ok := strings.CutPrefix(a.Value, "data:image/png;base64,"); ok {
					picture, err := png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(encoded)))
					if err != nil {
						t.Fatal(err)
					}
					images = append(images, picture)
				}
			}
		}
	}
}

func TestGatesAreDrawn(t *testing.T) {
	t.Parallel()
	l := looked()[0]
	l.Recurrences[0].Gates[0].Steps = []string{"<", "&", " "}
	count, images, words := marks(t, func(w io.Writer) error { return l.DrawGates(w, &l.Recurrences[0], "test") })
	if count["image"] != 4 { // a map and a color bar for each
		t.Errorf("found %d images, expected 4", count["image"])
	}
	for _, word := range []string{"gru0: sequence 4 of test, 3 steps, loss 0.5", "update gate", "hidden", "time step", "unit", "<", "&", "␣"} {
		if !strings.Contains(words, word) {
			t.Errorf("found no %q among %q", word, words)
		}
	}
	gate := images[0] // 0, ½ and 1 from left to right
	width := gate.Bounds().Dx()
	var reds []uint32
	for _, x := range []int{0, width / 2, width - 1} {
		r, _, _, _ := gate.At(x, 0).RGBA()
		reds = append(reds, r>>8)
	}
	if reds[0] != 255 || reds[2] != 8 || reds[1] < 120 || reds[1] > 140 {
		t.Errorf("found red %v, expected it to go from white, 255, to dark blue, 8", reds)
	}
	if r, _, _, _ := images[2].At(0, 0).RGBA(); r>>8 != 127 {
		t.Errorf("found red %d for −1, expected dark red, 127", r>>8)
	}
}

func TestInputsAreDrawn(t *testing.T) {
	t.Parallel()
	l := looked()[0]
	if count, _, _ := marks(t, func(w io.Writer) error { return l.DrawInput(w, &l.Inputs[0], "valid") }); count["image"] != 2 {
		t.Errorf("found %d images, expected a map of the features and a color bar", count["image"])
	}
	bare, _, _ := marks(t, func(w io.Writer) error {
		one := l
		one.Inputs = []inspect.Input{{"embedding0", values("gradient", 1, 2, 0, 0)}}
		return one.DrawInput(w, &one.Inputs[0], "valid")
	})
	count, _, words := marks(t, func(w io.Writer) error { return l.DrawInput(w, &l.Inputs[1], "valid") })
	if count["image"] != 0 || count["rect"] != bare["rect"]+2 || !strings.Contains(words, "‖∂loss/∂x‖") {
		t.Errorf("found %v and %q, expected a bar for each of 3 steps", count, words)
	}
}

func TestFlowIsDrawn(t *testing.T) {
	t.Parallel()
	looks := looked()
	count, _, words := marks(t, func(w io.Writer) error { return inspect.DrawFlow(w, looks, "train") })
	if count["polyline"] != 4 || count["circle"] != 2 { // two means and two sequences; the other is one step long
		t.Errorf("found %v, expected 4 lines and 2 circles", count)
	}
	if !strings.Contains(words, "2 sequences of train") || !strings.Contains(words, "gru0/backward") {
		t.Errorf("found %q", words)
	}
	looks[0].Recurrences[0].Gradient.Zero()
	looks[0].Recurrences[1].Gradient.Zero()
	if count, _, _ := marks(t, func(w io.Writer) error { return inspect.DrawFlow(w, looks[:1], "train") }); count["svg"] != 1 {
		t.Error("found no picture of gradients that are 0")
	}
	looks[0].Recurrences[0].Gradient.Set(0, 0, 1e-30) // twelve orders of magnitude and more
	looks[0].Recurrences[0].Gradient.Set(1, 0, 1e9)
	if _, _, words := marks(t, func(w io.Writer) error { return inspect.DrawFlow(w, looks[:1], "train") }); !strings.Contains(words, "10⁻³⁰") {
		t.Errorf("found %q, expected a power of ten", words)
	}
}

package sets

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

func TestPublishedMusic(t *testing.T) {
	dir := datatest.RealData(t)
	for _, c := range []struct {
		name            string
		pieces          [data.Parts]int
		steps           int // of the test part in the file
		unigram, markov float64
	}{
		// Counts and baselines were computed by another program; see SOURCE.txt beside each file.
		{"jsb", [data.Parts]int{229, 76, 77}, 4725, 11.091, 10.491},
		{"nottingham", [data.Parts]int{694, 173, 170}, 44463, 10.261, 5.153},
	} {
		loaded, err := Load(context.Background(), data.Config{Name: c.name}, data.Next, Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if found := [data.Parts]int{loaded.Train.Len(), loaded.Valid.Len(), loaded.Test.Len()}; found != c.pieces {
			t.Errorf("%s: found %v sequences, expected %v", c.name, found, c.pieces)
		}
		predicted := 0
		for _, n := range data.Lengths(loaded.Test) {
			predicted += n
		}
		if predicted != c.steps-loaded.Test.Len() {
			t.Errorf("%s: found %d predicted steps, expected one fewer than steps in each sequence: %d", c.name, predicted, c.steps-loaded.Test.Len())
		}
		for name, want := range map[string]float64{"unigram": c.unigram, "markov": c.markov} {
			// The references are rounded to three digits.
			if found := datatest.BaselineOf(t, loaded, name, "nll"); math.Abs(found-want) > 0.0006 {
				t.Errorf("%s: found %s nll %.4f, expected %.3f", c.name, name, found, want)
			}
		}
	}
}

const smallMusic = `{"train":[[[21,108],[],[60]],[[60]],[]],"valid":[],"test":[[[60],[60,64]]]}`

func parseMusic(t *testing.T, text string) ([data.Parts][]piece, error) {
	t.Helper()
	return readMusic(context.Background(), "m.json", strings.NewReader(text))
}

func TestMusicBatch(t *testing.T) {
	pieces, err := parseMusic(t, smallMusic)
	if err != nil {
		t.Fatal(err)
	}
	d := newMusic(pieces[data.TrainPart])
	if lengths := data.Lengths(d); !slices.Equal(lengths, []int{2, 0, 0}) {
		t.Fatalf("found lengths %v, expected [2 0 0]", lengths)
	}
	b := datatest.FillAll(t, d)
	if b.Steps != 2 || b.Size != 3 || !slices.Equal(b.Mask, []float64{1, 0, 0, 1, 0, 0}) || !slices.Equal(b.Weights, b.Mask) {
		t.Errorf("found %d steps of %d, mask %v, weights %v", b.Steps, b.Size, b.Mask, b.Weights)
	}
	ones := func(values []float64) (at []int) {
		for i, v := range values {
			if v != 0 {
				at = append(at, i)
			}
		}
		return at
	}
	// Notes 21 and 108 at step 0 of sequence 0; the target of step 1 is note 60.
	if found := ones(b.Inputs); !slices.Equal(found, []int{0, 87}) {
		t.Errorf("found inputs at %v, expected [0 87]", found)
	}
	if found, want := ones(b.Targets), []int{1*3*88 + 60 - 21}; !slices.Equal(found, want) {
		t.Errorf("found targets at %v, expected %v", found, want)
	}
}

func TestMusicPackedIsTheSame(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write([]byte(smallMusic))
	w.Close()
	plain, err := parseMusic(t, smallMusic)
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := parseMusic(t, packed.String())
	if err != nil {
		t.Fatal(err)
	}
	for p := range plain {
		if !slices.EqualFunc(plain[p], unpacked[p], func(a, b piece) bool { return slices.Equal(a, b) }) {
			t.Errorf("part %s differs", data.Part(p))
		}
	}
	for _, damaged := range []string{packed.String()[:20], packed.String()[:packed.Len()-3], "\x1f\x8bnonsense"} {
		_, err := parseMusic(t, damaged)
		datatest.WantFault(t, err, 0)
	}
}

func TestDamagedMusic(t *testing.T) {
	for text, words := range map[string][]string{
		``:                                   {"end of the file", "object"},
		`[]`:                                 {`found [`, "byte 1"},
		`{"train":[[[60],[20]]]`:             {"train sequence 0, step 1", "found 20", "21 to 108"},
		`{"train":[[[60],[109]]]`:            {"found 109"},
		`{"train":[[[60.5]]]`:                {"found 60.5", "whole"},
		`{"train":[[["60"]]]`:                {`found "60"`},
		`{"train":[[[1e300]]]`:               {"1e+300"},
		`{"train":[[[1e999]]]`:               {"step 0"},
		`{"train":[[60]]}`:                   {"train sequence 0, step 0", "list of notes"},
		`{"train":[[[[60]]]]}`:               {"found ["},
		`{"train":[[[60],[61`:                {"train sequence 0, step 1", "end of the file"},
		`{"train":[[[60],[61]]],"tests":[]}`: {`part "tests"`, "train, valid and test once"},
		`{"train":[],"train":[]}`:            {`part "train"`},
		`{"train":[[[60],[61]]],"test":[]}`:  {"part test", "two steps"},
		`{"test":[[[60],[61]]]}`:             {"part train"},
		smallMusic + ` 1`:                    {"nothing after the object"},
		smallMusic + ` ]`:                    {"nothing after the object"},
	} {
		_, err := parseMusic(t, text)
		t.Run(text, func(t *testing.T) { datatest.WantFault(t, err, 0, append(words, "m.json")...) })
	}
}

func TestMusicStopsWhenCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := readMusic(ctx, "m.json", strings.NewReader(smallMusic)); !errors.Is(err, context.Canceled) {
		t.Errorf("found error %v, expected context.Canceled", err)
	}
}

// FuzzMusic: two readings agree, and the chords are those that the standard library's decoder finds.
func FuzzMusic(f *testing.F) {
	f.Add([]byte(smallMusic))
	f.Add([]byte(`{"train":[[[60],[61`))
	f.Add([]byte("\x1f\x8b\x08"))
	if dir := os.Getenv("GRUEXP_DATA"); dir != "" {
		content, err := os.ReadFile(filepath.Join(dir, "jsb_chorales", "jsb_chorales.json"))
		if err != nil {
			f.Fatal(err)
		}
		var parts map[string][][][]int
		if err := json.Unmarshal(content, &parts); err != nil {
			f.Fatal(err)
		}
		for name, pieces := range parts {
			parts[name] = [][][]int{pieces[0][:6]}
		}
		short, err := json.Marshal(parts)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(short)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		read := func() (pieces [data.Parts][]piece, err error) {
			datatest.Bounded(t, func() { pieces, err = readMusic(context.Background(), "m.json", bytes.NewReader(content)) })
			return pieces, err
		}
		pieces, err := read()
		again, second := read()
		if err != nil {
			var file fault.Fault
			if !errors.As(err, &file) {
				t.Fatalf("found error %v, expected a fault", err)
			}
			if second == nil || second.Error() != err.Error() {
				t.Fatalf("found error %v, and %v the second time", err, second)
			}
			return
		}
		if second != nil || !reflect.DeepEqual(pieces, again) {
			t.Fatalf("found other pieces the second time (error %v)", second)
		}
		if !predictable(pieces[data.TrainPart]) || !predictable(pieces[data.TestPart]) {
			t.Fatal("accepted a file without a predictable sequence")
		}
		var decoded map[string][][][]float64
		if json.Unmarshal(content, &decoded) != nil {
			return // packed, or of MATLAB
		}
		for p := range data.Parts {
			var expected []piece
			for _, steps := range decoded[p.String()] {
				var q piece
				for _, notes := range steps {
					var c chord
					for _, note := range notes {
						c.add(int(note) - data.LowestNote)
					}
					q = append(q, c)
				}
				expected = append(expected, q)
			}
			if !slices.EqualFunc(pieces[p], expected, func(a, b piece) bool { return slices.Equal(a, b) }) {
				t.Fatalf("part %s: found %v, expected %v", p, pieces[p], expected)
			}
		}
	})
}

package simd

import (
	"strings"
	"testing"
)

func TestTuningFor(t *testing.T) {
	for _, x := range []struct {
		processor Processor
		fetch     bool
	}{
		{Processor{}, true},
		{Processor{"AuthenticAMD", 25, 17, 32 << 10, 1 << 20}, true},  // Zen 4
		{Processor{"AuthenticAMD", 26, 2, 48 << 10, 2 << 20}, true},   // not measured: as other processors of AMD
		{Processor{"GenuineIntel", 6, 85, 32 << 10, 1 << 20}, true},   // Skylake, not measured
		{Processor{"GenuineIntel", 6, 207, 48 << 10, 2 << 20}, false}, // Emerald Rapids
		{Processor{"GenuineIntel", 6, 143, 48 << 10, 2 << 20}, false}, // Sapphire Rapids
	} {
		if found := TuningFor(x.processor); found.Fetch != x.fetch {
			t.Errorf("%v: found %v, expected fetches: %t", x.processor, found, x.fetch)
		}
	}
	if text := ThisProcessor().String(); text == "" {
		t.Error("found no description of this processor")
	}
	for _, s := range Supported() {
		if want := TuningFor(ThisProcessor()).Fetch; s.Float32.Tunable && (s.Float32.Fetch != want || s.Float64.Fetch != want) {
			t.Errorf("%s: does not have the tuning of this processor", s.Name)
		}
	}
}

func TestTuned(t *testing.T) {
	for _, s := range Supported() {
		before := s.Float32
		tuned := s.Tuned(Tuning{Panels: 3, Depth: 100, Fetch: !s.Float32.Fetch})
		if s.Float32.Depth != before.Depth || s.Float32.Fetch != before.Fetch {
			t.Errorf("%s: the set itself has changed", s.Name)
		}
		l := &tuned.Float64
		if !l.Tunable {
			if l.Depth != s.Float64.Depth || l.Fetch != s.Float64.Fetch {
				t.Errorf("%s: has changed and has no tunings", s.Name)
			}
			continue
		}
		if l.BlockCols != 3*l.Cols || l.Depth != 100 || l.Fetch == s.Float64.Fetch {
			t.Errorf("%s: found %d columns, depth %d, fetches: %t", s.Name, l.BlockCols, l.Depth, l.Fetch)
		}
		if same := s.Tuned(Tuning{Fetch: s.Float32.Fetch}); same.Float32.BlockCols != before.BlockCols || same.Float32.Depth != before.Depth {
			t.Errorf("%s: a tuning without blocks has changed the blocks", s.Name)
		}
	}
}

func TestProcessorString(t *testing.T) {
	for _, x := range []struct {
		processor Processor
		expected  string
	}{
		{Processor{}, "not known"},
		{Processor{"GenuineIntel", 6, 207, 48 << 10, 2 << 20}, "GenuineIntel family 6 model 207, L1 48 KiB, L2 2048 KiB"},
		{Processor{Vendor: "AuthenticAMD", Family: 25, Model: 17}, "AuthenticAMD family 25 model 17"},
	} {
		if found := x.processor.String(); found != x.expected {
			t.Errorf("found %q, expected %q", found, x.expected)
		}
	}
	for _, x := range tunings {
		if text := x.String(); !strings.HasPrefix(text, x.Name+": ") {
			t.Errorf("found %q", text)
		}
	}
}

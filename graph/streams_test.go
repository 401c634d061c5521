package graph_test

import (
	"testing"

	"github.com/gruexp/gruexp/graph"
)

func draw(s *graph.Streams, name string, n int) []uint64 {
	out := make([]uint64, n)
	for i := range out {
		out[i] = s.Stream(name).Uint64()
	}
	return out
}

func equal(a, b []uint64) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

func TestStreamsAreIndependentOfEachOther(t *testing.T) {
	alone := draw(graph.NewStreams(7), "noise/a", 5)
	s := graph.NewStreams(7)
	draw(s, "noise/b", 3)
	if got := draw(s, "noise/a", 5); !equal(got, alone) {
		t.Errorf("stream noise/a after another stream: found %v, expected %v", got, alone)
	}
	if got := draw(graph.NewStreams(8), "noise/a", 5); equal(got, alone) {
		t.Errorf("seeds 7 and 8 give the same numbers %v", got)
	}
	if got := draw(graph.NewStreams(7), "noise/b", 5); equal(got, alone) {
		t.Errorf("streams noise/a and noise/b give the same numbers %v", got)
	}
}

func TestStreamsGoOnFromSavedState(t *testing.T) {
	s := graph.NewStreams(1)
	draw(s, "a", 10)
	state, err := s.State()
	if err != nil {
		t.Fatal(err)
	}
	want := append(draw(s, "a", 4), draw(s, "new", 4)...)

	restored := graph.NewStreams(1)
	draw(restored, "new", 2) // not in the state: must start from the beginning
	if err := restored.Restore(state); err != nil {
		t.Fatal(err)
	}
	if got := append(draw(restored, "a", 4), draw(restored, "new", 4)...); !equal(got, want) {
		t.Errorf("after Restore: found %v, expected %v", got, want)
	}
}

func TestStreamsRefuseDamagedState(t *testing.T) {
	s := graph.NewStreams(1)
	want := draw(graph.NewStreams(1), "a", 3)
	if err := s.Restore(map[string][]byte{"a": []byte("short")}); err == nil {
		t.Fatal("found no error for a state of 5 bytes")
	}
	if got := draw(s, "a", 3); !equal(got, want) {
		t.Errorf("a refused Restore changed the stream: found %v, expected %v", got, want)
	}
}

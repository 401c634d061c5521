package graph

import (
	"math/rand/v2"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/kernel"
)

// Streams are the random numbers of a run: independent generators by name, all following from one seed. Adding a
// layer or a source of noise shifts no other stream. Their state can be saved and restored, so that an interrupted
// run continues with the same numbers that it would have drawn.
//
// A Streams value is used by one goroutine at a time.
type Streams struct {
	seed    uint64
	sources map[string]*rand.PCG
}

// NewStreams returns the streams of a seed.
func NewStreams(seed uint64) *Streams {
	return &Streams{seed: seed, sources: map[string]*rand.PCG{}}
}

// Stream returns the generator of that name, in the state after its last use. It begins as [kernel.RandomSource]
// of the seed and the name.
func (s *Streams) Stream(name string) *rand.Rand {
	source, ok := s.sources[name]
	if !ok {
		source = kernel.RandomSource(s.seed, name)
		s.sources[name] = source
	}
	return rand.New(source)
}

// State returns the state of every stream that was used, by name.
func (s *Streams) State() (map[string][]byte, error) {
	state := make(map[string][]byte, len(s.sources))
	for name, source := range s.sources {
		b, err := source.MarshalBinary()
		if err != nil {
			return nil, errors.Wrapf(err, "random stream %s", name)
		}
		state[name] = b
	}
	return state, nil
}

// Restore puts the streams back to a saved state. Streams that the state does not name start from the beginning. On
// error nothing is changed.
func (s *Streams) Restore(state map[string][]byte) error {
	sources := make(map[string]*rand.PCG, len(state))
	for name, b := range state {
		source := new(rand.PCG)
		if err := source.UnmarshalBinary(b); err != nil {
			return errors.Wrapf(err, "random stream %s", name)
		}
		sources[name] = source
	}
	s.sources = sources
	return nil
}

package trainer

import "github.com/pkg/errors"

// nameCallbacks checks that no two memories have one name.
func (f *fit) nameCallbacks() error {
	seen := map[string]bool{}
	for _, c := range f.options.Callbacks {
		s, ok := c.(Stateful)
		if !ok {
			continue
		}
		if seen[s.Name()] {
			return errors.Errorf("trainer: found two callbacks with a state and the name %q, expected a name for each", s.Name())
		}
		seen[s.Name()] = true
	}
	return nil
}

// saveCallbacks takes the callbacks' memories into the state of the run.
func (f *fit) saveCallbacks() error {
	f.state.Callbacks = nil
	for _, c := range f.options.Callbacks {
		s, ok := c.(Stateful)
		if !ok {
			continue
		}
		state, err := s.State()
		if err != nil {
			return errors.WithMessage(err, nameOf(c))
		}
		if f.state.Callbacks == nil {
			f.state.Callbacks = map[string][]byte{}
		}
		f.state.Callbacks[s.Name()] = state
	}
	return nil
}

// restoreCallbacks gives them back. One that the run did not have before starts without a memory.
func (f *fit) restoreCallbacks(states map[string][]byte) error {
	for _, c := range f.options.Callbacks {
		s, ok := c.(Stateful)
		if !ok {
			continue
		}
		if state, saved := states[s.Name()]; saved {
			if err := s.Restore(state); err != nil {
				return errors.WithMessage(err, nameOf(c))
			}
		}
	}
	return nil
}

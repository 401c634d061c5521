package study

import (
	"context"
	"slices"
	"sync"

	"github.com/pkg/errors"
)

// Memory is a store in the memory of one process: for studies that need not outlive it.
type Memory struct {
	mu         sync.Mutex
	definition *Definition
	trials     []Trial
	looks      int
}

var _ Store = (*Memory)(nil)

// NewMemory makes an empty store.
func NewMemory() *Memory { return &Memory{} }

// Begin implements [Store].
func (m *Memory) Begin(_ context.Context, d Definition) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.definition != nil && (m.definition.Kind != d.Kind || m.definition.Fingerprint != d.Fingerprint) {
		return errors.WithStack(ErrOtherStudy)
	}
	m.definition = &d
	return nil
}

// Definition implements [Store].
func (m *Memory) Definition(context.Context) (Definition, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.definition == nil {
		return Definition{}, errors.New("found no study, expected Begin before")
	}
	return *m.definition, nil
}

// Add implements [Store].
func (m *Memory) Add(_ context.Context, trials []Trial) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range trials {
		m.add(t)
	}
	return nil
}

// add appends a trial unless there is one of its name.
func (m *Memory) add(t Trial) {
	if slices.ContainsFunc(m.trials, func(other Trial) bool { return other.Name == t.Name }) {
		return
	}
	t.ID, t.State, t.Value = int64(len(m.trials)+1), Waiting, nan
	m.trials = append(m.trials, t)
}

// Trials implements [Store].
func (m *Memory) Trials(context.Context) ([]Trial, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.all(), nil
}

// all is a copy: what the store appends later is not seen in it.
func (m *Memory) all() []Trial {
	all := slices.Clone(m.trials)
	for i := range all {
		all[i].Curve = slices.Clip(all[i].Curve)
	}
	return all
}

// Claim implements [Store]. Workers of the same process do not die.
func (m *Memory) Claim(_ context.Context, propose func([]Trial) *Trial) (trial *Trial, busy bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.waiting()
	if i < 0 && propose != nil {
		if t := propose(m.all()); t != nil {
			m.add(*t)
			i = m.waiting()
		}
	}
	if i < 0 {
		return nil, slices.ContainsFunc(m.trials, func(t Trial) bool { return t.State == Running }), nil
	}
	m.trials[i].State = Running
	m.trials[i].Attempts++
	claimed := m.trials[i]
	claimed.Curve = slices.Clip(claimed.Curve)
	return &claimed, false, nil
}

func (m *Memory) waiting() int {
	return slices.IndexFunc(m.trials, func(t Trial) bool { return t.State == Waiting })
}

// running is the trial of a worker.
func (m *Memory) running(id int64) (*Trial, error) {
	if id < 1 || id > int64(len(m.trials)) || m.trials[id-1].State != Running {
		return nil, errors.WithStack(ErrNotMine)
	}
	return &m.trials[id-1], nil
}

// Report implements [Store].
func (m *Memory) Report(_ context.Context, id int64, p Point) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, err := m.running(id)
	if err != nil {
		return err
	}
	curve := slices.DeleteFunc(slices.Clone(t.Curve), func(other Point) bool { return other.Epoch == p.Epoch })
	curve = append(curve, p)
	slices.SortFunc(curve, func(a, b Point) int { return a.Epoch - b.Epoch })
	t.Curve = curve
	return nil
}

// Finish implements [Store].
func (m *Memory) Finish(_ context.Context, ended *Trial) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, err := m.running(ended.ID)
	if err != nil {
		return err
	}
	t.State, t.Value, t.Runs, t.Error = ended.State, ended.Value, slices.Clone(ended.Runs), ended.Error
	return nil
}

// Release implements [Store].
func (m *Memory) Release(_ context.Context, id int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, err := m.running(id)
	if err == nil {
		t.State = Waiting
	}
	return err
}

// Retry implements [Store].
func (m *Memory) Retry(context.Context) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	retried := 0
	for i := range m.trials {
		if t := &m.trials[i]; t.State == Failed {
			t.State, t.Value, t.Error = Waiting, nan, ""
			retried++
		}
	}
	return retried, nil
}

// Look implements [Store].
func (m *Memory) Look(context.Context) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.looks++
	return m.looks, nil
}

// Close implements [Store].
func (m *Memory) Close() error { return nil }

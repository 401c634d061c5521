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
	view       View
	names      map[string]bool
	waiting    int // before which, in the view, no trial waits
	running    int // how many do
	looks      int
}

var _ Store = (*Memory)(nil)

// NewMemory makes an empty store.
func NewMemory() *Memory { return &Memory{names: map[string]bool{}} }

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
	if m.names[t.Name] {
		return
	}
	m.names[t.Name] = true
	t.ID, t.State, t.Value = int64(len(m.view.Trials())+1), Waiting, nan
	m.view.Put(t)
}

// Trials implements [Store].
func (m *Memory) Trials(context.Context) ([]Trial, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.view.Copy(), nil
}

// View implements [Store].
func (m *Memory) View(_ context.Context, look func(*View)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	look(&m.view)
	return nil
}

// Claim implements [Store]. Workers of the same process do not die.
func (m *Memory) Claim(_ context.Context, propose func([]Trial) *Trial) (trial *Trial, busy bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.nextWaiting()
	if i < 0 && propose != nil {
		if t := propose(m.view.Trials()); t != nil {
			m.add(*t)
			i = m.nextWaiting()
		}
	}
	if i < 0 {
		return nil, m.running > 0, nil
	}
	claimed := m.view.Trials()[i]
	claimed.State = Running
	claimed.Attempts++
	m.put(claimed)
	claimed.Curve = slices.Clip(claimed.Curve)
	return &claimed, false, nil
}

func (m *Memory) nextWaiting() int {
	for all := m.view.Trials(); m.waiting < len(all); m.waiting++ {
		if all[m.waiting].State == Waiting {
			return m.waiting
		}
	}
	return -1
}

// put changes a trial that is there; its curve stays.
func (m *Memory) put(t Trial) {
	i := int(t.ID - 1)
	if m.view.Trials()[i].State == Running {
		m.running--
	}
	switch t.State {
	case Running:
		m.running++
	case Waiting:
		m.waiting = min(m.waiting, i)
	}
	t.Curve = nil
	m.view.Put(t)
}

// claimed is the trial of a worker.
func (m *Memory) claimed(id int64) (Trial, error) {
	all := m.view.Trials()
	if id < 1 || id > int64(len(all)) || all[id-1].State != Running {
		return Trial{}, errors.WithStack(ErrNotMine)
	}
	return all[id-1], nil
}

// Hold implements [Store]. No trial is lost.
func (m *Memory) Hold(ctx context.Context, _ int64) (held context.Context, release context.CancelFunc) {
	return context.WithCancel(ctx)
}

// Report implements [Store].
func (m *Memory) Report(_ context.Context, id int64, p Point) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.claimed(id); err != nil {
		return err
	}
	return m.view.Report(id, p)
}

// Finish implements [Store].
func (m *Memory) Finish(_ context.Context, ended *Trial) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, err := m.claimed(ended.ID)
	if err != nil {
		return err
	}
	t.State, t.Value, t.Runs, t.Error = ended.State, ended.Value, slices.Clone(ended.Runs), ended.Error
	m.put(t)
	return nil
}

// Release implements [Store].
func (m *Memory) Release(_ context.Context, id int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, err := m.claimed(id)
	if err != nil {
		return err
	}
	t.State = Waiting
	m.put(t)
	return nil
}

// Retry implements [Store].
func (m *Memory) Retry(context.Context) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	retried := 0
	for _, t := range m.view.Copy() {
		if t.State == Failed {
			t.State, t.Value, t.Error = Waiting, nan, ""
			m.put(t)
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

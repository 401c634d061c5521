//go:build unix

package storetest

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/gruexp/gruexp/trainer/study"
)

// A process that is stopped for longer than its lease loses its trials, hears of it, and records nothing. Where processes have locks and
// no leases it keeps them.
func stopped(t *testing.T, s Suite) {
	store, address := s.begin(t, "a")
	p := s.Start(t, address)
	p.Line(t)
	must(t, p.Process.Signal(syscall.SIGSTOP))
	if s.Lease == 0 {
		time.Sleep(50 * time.Millisecond) // nothing is waited for: nothing may happen
		if trial, busy := claim(t, store); trial != nil || !busy {
			t.Errorf("found %v, %v, expected that the trial stays that of the process", trial, busy)
		}
		must(t, p.Process.Signal(syscall.SIGCONT))
		return
	}
	trial := s.claimSoon(t, store)
	must(t, p.Process.Signal(syscall.SIGCONT))
	_, err := p.in.Write([]byte("\n"))
	must(t, err)
	if said, want := p.Line(t), "held: "+study.ErrNotMine.Error()+" finish: true"; said != want {
		t.Errorf("found %q of the process that had lost its trial, expected %q", said, want)
	}
	trial.State, trial.Value = study.Done, 2
	must(t, store.Finish(t.Context(), trial))
	all, err := store.Trials(t.Context())
	must(t, err)
	if all[0].Value != 2 || all[0].Attempts != 2 || errors.Is(err, study.ErrNotMine) {
		t.Errorf("found %+v, expected the result of the second worker", all[0])
	}
}

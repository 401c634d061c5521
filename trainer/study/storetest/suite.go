package storetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gruexp/gruexp/trainer/study"
)

// Suite tests a kind of store.
type Suite struct {
	// New is the address of a record that is not there yet.
	New func(t *testing.T) (address string)
	// Open opens a record, from this process or from another one.
	Open func(ctx context.Context, address string) (study.Store, error)

	// Lease is how long a worker has its trials while it does not live; 0: they are given to others as soon as its process has ended,
	// and never before.
	Lease time.Duration
	// OneProcess says that a record lives in one process, whose workers do not die and are all the same.
	OneProcess bool
}

// Run tests everything. The test program calls [Suite.Main] in its TestMain.
func (s Suite) Run(t *testing.T) {
	for name, test := range map[string]func(*testing.T, Suite){
		"round trip": roundTrip, "values are exact": exact, "texts of any kind": texts, "another study": otherStudy, "many workers": manyWorkers,
		"two coordinators": twoCoordinators, "incremental view": incrementalView, "retry": retry, "release": release,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, s)
		})
	}
	if s.OneProcess {
		return
	}
	for name, test := range map[string]func(*testing.T, Suite){
		"trials of others": others, "close gives back": closeGivesBack, "killed worker": killed, "stopped worker": stopped,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, s)
		})
	}
}

// helper makes the test program a worker: it claims a trial, says its name, waits for a line, and records the trial as done.
const helper = "GRUEXP_STORETEST_HELPER"

// Main makes the test program a worker where the suite has started it as one; otherwise it returns.
func (s Suite) Main() {
	address := os.Getenv(helper)
	if address == "" {
		return
	}
	err := func() error {
		store, err := s.Open(context.Background(), address)
		if err != nil {
			return err
		}
		t, _, err := store.Claim(context.Background(), nil)
		if err != nil {
			return err
		}
		held, release := store.Hold(context.Background(), t.ID)
		defer release()
		fmt.Println(t.Name)
		if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
			return err
		}
		if s.Lease > 0 {
			<-held.Done() // the suite asks only for what comes of a lost trial
		}
		lost := context.Cause(held)
		t.State, t.Value, t.Runs = study.Done, -1, []study.Run{{Seed: 1, Value: -1}}
		fmt.Println("held:", lost, "finish:", errors.Is(store.Finish(context.Background(), t), study.ErrNotMine))
		return nil
	}()
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Process is a worker in a separate process: see [Suite.Start].
type Process struct {
	*exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// Start starts a process that claims the first trial that waits and then does nothing.
func (s Suite) Start(t *testing.T, address string) Process {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), helper+"="+address)
	in, err := c.StdinPipe()
	must(t, err)
	out, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	return Process{c, in, bufio.NewReader(out)}
}

// Line is the next line that the process says: the first one is the name of its trial.
func (p Process) Line(t *testing.T) string {
	t.Helper()
	line, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatalf("found %q and %v, expected a line of the other process", line, err)
	}
	return strings.TrimSuffix(line, "\n")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s Suite) open(t *testing.T, address string) study.Store {
	t.Helper()
	store, err := s.Open(t.Context(), address)
	must(t, err)
	t.Cleanup(func() { store.Close() })
	return store
}

// begin is a record with trials.
func (s Suite) begin(t *testing.T, names ...string) (store study.Store, address string) {
	t.Helper()
	address = s.New(t)
	store = s.open(t, address)
	must(t, store.Begin(t.Context(), study.Definition{Kind: "tune", Fingerprint: "f", Text: []byte("text")}))
	must(t, store.Add(t.Context(), named(names...)))
	return store, address
}

func named(names ...string) []study.Trial {
	trials := make([]study.Trial, len(names))
	for i, name := range names {
		trials[i] = study.Trial{Name: name, Seeds: []uint64{1}}
	}
	return trials
}

func claim(t *testing.T, s study.Store) (trial *study.Trial, busy bool) {
	t.Helper()
	trial, busy, err := s.Claim(t.Context(), nil)
	must(t, err)
	return trial, busy
}

// claimSoon claims the trial that another worker is going to lose.
func (s Suite) claimSoon(t *testing.T, store study.Store) *study.Trial {
	t.Helper()
	for {
		trial, busy := claim(t, store)
		if trial != nil {
			return trial
		}
		if s.Lease == 0 || !busy {
			t.Fatalf("found no trial (busy: %v), expected that of the dead worker", busy)
		}
		time.Sleep(s.Lease / 20)
	}
}

func same(t *testing.T, found, want any) {
	t.Helper()
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("found something else than expected: %s", diff)
	}
}

// What is written is read back, by another store too.
func roundTrip(t *testing.T, s Suite) {
	store, address := s.begin(t)
	trial := study.Trial{Name: "0001", Arm: "arm", Settings: map[string]any{"solver.learning_rate": 0.01, "x": "ä"}, Seeds: []uint64{1, math.MaxUint64}}
	must(t, store.Add(t.Context(), []study.Trial{trial, {Name: "0002", Seeds: []uint64{3}}}))
	must(t, store.Add(t.Context(), []study.Trial{{Name: "0001", Arm: "twice"}}))

	claimed, _ := claim(t, store)
	must(t, store.Report(t.Context(), claimed.ID, study.Point{Epoch: 1, Value: 0.5}))
	must(t, store.Report(t.Context(), claimed.ID, study.Point{Epoch: 2, Value: 0.6}))
	must(t, store.Report(t.Context(), claimed.ID, study.Point{Epoch: 2, Value: 0.7, Seconds: 1.5}))
	claimed.State, claimed.Value = study.Done, 0.7
	claimed.Runs = []study.Run{
		{Seed: 1, Dir: "trials/1", Value: 0.6, Seconds: 1.5, Epochs: 3, StopReason: "max_epochs", Test: map[string]float64{"accuracy": 0.1}},
		{Seed: math.MaxUint64, Value: 0.8},
	}
	must(t, store.Finish(t.Context(), claimed))
	if err := store.Finish(t.Context(), claimed); !errors.Is(err, study.ErrNotMine) {
		t.Errorf("found %v for a trial that has ended, expected %v", err, study.ErrNotMine)
	}

	other := s.open(t, address)
	d, err := other.Definition(t.Context())
	must(t, err)
	same(t, d, study.Definition{Kind: "tune", Fingerprint: "f", Text: []byte("text")})
	found, err := other.Trials(t.Context())
	must(t, err)
	claimed.Curve = []study.Point{{Epoch: 1, Value: 0.5}, {Epoch: 2, Value: 0.7, Seconds: 1.5}}
	if len(found) != 2 || found[1].Value.Known() || found[1].State != study.Waiting {
		t.Fatalf("found %+v", found)
	}
	same(t, found[0], *claimed)
	for want := 1; want <= 2; want++ {
		if looks, err := other.Look(t.Context()); err != nil || looks != want {
			t.Errorf("found %d looks (%v), expected %d", looks, err, want)
		}
	}
}

// An integer that no float64 has stays what it is, so that a seed among the settings is the one that is trained.
func exact(t *testing.T, s Suite) {
	store, address := s.begin(t)
	settings := map[string]any{
		"seed": int64(1<<53 + 1), "most": uint64(math.MaxUint64), "units": 64.0, "rate": 0.1, "list": []any{int64(1<<62 + 1), "x"}, "nothing": nil,
	}
	must(t, store.Add(t.Context(), []study.Trial{{Name: "a", Seeds: []uint64{math.MaxUint64}, Settings: settings}}))
	trials, err := s.open(t, address).Trials(t.Context())
	must(t, err)
	same(t, trials[0].Settings, settings)
	same(t, trials[0].Seeds, []uint64{math.MaxUint64})
}

// An error may quote a log, which may hold anything.
func texts(t *testing.T, s Suite) {
	store, _ := s.begin(t, "a")
	trial, _ := claim(t, store)
	trial.State, trial.Value, trial.Error = study.Failed, study.Unknown(), "zero \x00, not UTF-8 \xff, 世界"
	must(t, store.Finish(t.Context(), trial))
	all, err := store.Trials(t.Context())
	must(t, err)
	if !strings.Contains(all[0].Error, "世界") || all[0].State != study.Failed || all[0].Value.Known() {
		t.Errorf("found %+v, expected a failed trial with its error", all[0])
	}
}

// A store holds one study.
func otherStudy(t *testing.T, s Suite) {
	store := s.open(t, s.New(t))
	if _, err := store.Definition(t.Context()); err == nil {
		t.Error("found no error of a record that holds no study")
	}
	d := study.Definition{Kind: "compare", Fingerprint: "a"}
	must(t, store.Begin(t.Context(), d))
	must(t, store.Begin(t.Context(), d))
	for _, other := range []study.Definition{{Kind: "compare", Fingerprint: "b"}, {Kind: "tune", Fingerprint: "a"}} {
		if err := store.Begin(t.Context(), other); !errors.Is(err, study.ErrOtherStudy) {
			t.Errorf("%+v: found %v, expected %v", other, err, study.ErrOtherStudy)
		}
	}
}

// No worker gets what another has, and a proposal is made while nobody else proposes.
func manyWorkers(t *testing.T, s Suite) {
	_, address := s.begin(t, "a", "b", "c")
	const most = 20
	var (
		mu      sync.Mutex
		claimed = map[string]int{}
		workers sync.WaitGroup
	)
	for range 4 {
		store := s.open(t, address)
		workers.Go(func() {
			for {
				trial, _, err := store.Claim(t.Context(), func(all []study.Trial) *study.Trial {
					if len(all) == most {
						return nil
					}
					return &study.Trial{Name: fmt.Sprint(len(all)), Seeds: []uint64{1}}
				})
				if err != nil || trial == nil {
					if err != nil {
						t.Error(err)
					}
					return
				}
				mu.Lock()
				claimed[trial.Name]++
				mu.Unlock()
				trial.State, trial.Value = study.Done, 1
				if err := store.Finish(t.Context(), trial); err != nil {
					t.Error(err)
				}
			}
		})
	}
	workers.Wait()
	if len(claimed) != most {
		t.Errorf("found %d trials claimed, expected %d", len(claimed), most)
	}
	for name, times := range claimed {
		if times != 1 {
			t.Errorf("%s: found it claimed %d times, expected once", name, times)
		}
	}
}

// Two processes that carry out one study end with its table, whichever of them did what.
func twoCoordinators(t *testing.T, s Suite) {
	_, address := s.begin(t)
	const most = 12
	var workers sync.WaitGroup
	for range 2 {
		store := s.open(t, address)
		w := study.Worker{
			Store: store, Slots: 3,
			Propose: func(all []study.Trial) *study.Trial {
				if len(all) == most {
					return nil
				}
				return &study.Trial{Name: fmt.Sprintf("%02d", len(all)), Seeds: []uint64{uint64(len(all))}}
			},
			Prune: func(_ *study.View, t study.Trial) bool { return t.Seeds[0]%3 == 0 && len(t.Curve) == 2 },
			Execute: func(ctx context.Context, t study.Trial, report func(study.Point) error) ([]study.Run, error) {
				for epoch := 1; epoch <= 3; epoch++ {
					if err := report(study.Point{Epoch: epoch, Value: float64(t.Seeds[0]) + float64(epoch)}); err != nil {
						return nil, err
					}
					if err := ctx.Err(); err != nil {
						return nil, err
					}
				}
				return []study.Run{{Seed: t.Seeds[0], Value: float64(t.Seeds[0])}}, nil
			},
		}
		workers.Go(func() {
			must := w.Work(t.Context())
			if must != nil {
				t.Error(must)
			}
		})
	}
	workers.Wait()
	all, err := s.open(t, address).Trials(t.Context())
	must(t, err)
	if len(all) != most {
		t.Fatalf("found %d trials, expected %d", len(all), most)
	}
	for i, trial := range all {
		state, value := study.Done, study.Value(i)
		if i%3 == 0 {
			state, value = study.Pruned, study.Value(i+2)
		}
		if trial.Name != fmt.Sprintf("%02d", i) || trial.State != state || trial.Value != value || trial.Attempts != 1 {
			t.Errorf("found %+v, expected %s with %v", trial, state, value)
		}
	}
}

// What a store knows by changes is what another one reads at once, in any order of events.
func incrementalView(t *testing.T, s Suite) {
	_, address := s.begin(t, "a", "b", "c")
	r := rand.New(rand.NewPCG(1, 2))
	stores := []study.Store{s.open(t, address), s.open(t, address)}
	held := [2]map[int64]*study.Trial{{}, {}}
	some := func(of map[int64]*study.Trial) *study.Trial {
		for id := range int64(100) { // not the order of the map, which changes
			if trial := of[id]; trial != nil && r.IntN(2) == 0 {
				return trial
			}
		}
		return nil
	}
	for step := range 80 {
		i := r.IntN(2)
		switch store := stores[i]; r.IntN(5) {
		case 0:
			if trial, _ := claim(t, store); trial != nil {
				held[i][trial.ID] = trial
			}
		case 1:
			must(t, store.Add(t.Context(), named(fmt.Sprint(step))))
		case 2:
			if trial := some(held[i]); trial != nil {
				delete(held[i], trial.ID)
				if r.IntN(2) == 0 {
					must(t, store.Release(t.Context(), trial.ID))
					continue
				}
				trial.State, trial.Value, trial.Runs = study.Done, 1, []study.Run{{Seed: 1, Value: 1}}
				must(t, store.Finish(t.Context(), trial))
			}
		default:
			if trial := some(held[i]); trial != nil {
				must(t, store.Report(t.Context(), trial.ID, study.Point{Epoch: 1 + r.IntN(5), Value: r.Float64()}))
			}
		}
		if step%5 != 4 {
			continue
		}
		fresh := s.open(t, address)
		want, err := fresh.Trials(t.Context())
		must(t, err)
		for _, store := range stores {
			found, err := store.Trials(t.Context())
			must(t, err)
			equal := cmp.Comparer(func(a, b study.Value) bool { return a == b || !a.Known() && !b.Known() })
			if diff := cmp.Diff(want, found, equal); diff != "" {
				t.Fatalf("after %d steps: found something else than a store that reads everything: %s", step+1, diff)
			}
		}
		if !s.OneProcess {
			fresh.Close()
		}
	}
}

// Failed trials are repeated, others are not.
func retry(t *testing.T, s Suite) {
	store, _ := s.begin(t, "a", "b")
	for _, state := range []study.State{study.Failed, study.Done} {
		trial, _ := claim(t, store)
		trial.State, trial.Value, trial.Error = state, 1, "why"
		must(t, store.Finish(t.Context(), trial))
	}
	for _, want := range []int{1, 0} {
		if n, err := store.Retry(t.Context()); err != nil || n != want {
			t.Errorf("found %d trials to repeat (%v), expected %d", n, err, want)
		}
	}
	trial, _ := claim(t, store)
	if trial == nil || trial.Name != "a" || trial.Attempts != 2 || trial.Error != "" || trial.Value.Known() {
		t.Errorf("found %+v, expected the second attempt of the first trial", trial)
	}
}

// What is given back is given out again, with what was reported.
func release(t *testing.T, s Suite) {
	store, _ := s.begin(t, "a")
	for attempt := 1; attempt <= 5; attempt++ { // giving back is no death
		trial, _ := claim(t, store)
		if trial == nil || trial.Attempts != attempt || len(trial.Curve) != attempt-1 {
			t.Fatalf("found %+v, expected attempt %d", trial, attempt)
		}
		must(t, store.Report(t.Context(), trial.ID, study.Point{Epoch: attempt, Value: 1}))
		if none, busy := claim(t, store); none != nil || !busy {
			t.Fatalf("found %v, %v, expected no trial while one is carried out", none, busy)
		}
		must(t, store.Release(t.Context(), trial.ID))
		if err := store.Report(t.Context(), trial.ID, study.Point{Epoch: 9}); !errors.Is(err, study.ErrNotMine) {
			t.Errorf("found %v for a trial that was given back, expected %v", err, study.ErrNotMine)
		}
	}
}

// Nobody reports, ends or gives back the trial of another worker.
func others(t *testing.T, s Suite) {
	store, address := s.begin(t, "a")
	trial, _ := claim(t, store)
	other := s.open(t, address)
	if none, busy := claim(t, other); none != nil || !busy {
		t.Fatalf("found %v, %v, expected no trial while the other worker lives", none, busy)
	}
	trial.State = study.Done
	for what, err := range map[string]error{
		"report": other.Report(t.Context(), trial.ID, study.Point{Epoch: 1}), "finish": other.Finish(t.Context(), trial), "release": other.Release(t.Context(), trial.ID),
	} {
		if !errors.Is(err, study.ErrNotMine) {
			t.Errorf("%s: found %v for a trial of another worker, expected %v", what, err, study.ErrNotMine)
		}
	}
	must(t, store.Finish(t.Context(), trial))
}

// What a worker has when it closes its store goes to others at once.
func closeGivesBack(t *testing.T, s Suite) {
	store, address := s.begin(t, "a")
	other := s.open(t, address)
	claim(t, store)
	must(t, store.Close())
	if trial, _ := claim(t, other); trial == nil || trial.Attempts != 2 {
		t.Errorf("found %+v, expected the second attempt of the trial", trial)
	}
}

// The trials of a process that was killed go to others, those of one that lives do not.
func killed(t *testing.T, s Suite) {
	store, address := s.begin(t, "lost")
	p := s.Start(t, address)
	if name := p.Line(t); name != "lost" {
		t.Fatalf("found %q, expected that the process claimed the trial", name)
	}
	if trial, busy := claim(t, store); trial != nil || !busy {
		t.Fatalf("found %v, %v, expected no trial while the other worker lives", trial, busy)
	}
	must(t, p.Process.Kill())
	_ = p.Wait()
	trial := s.claimSoon(t, store)
	if trial.Attempts != 2 {
		t.Errorf("found attempt %d, expected 2", trial.Attempts)
	}
	trial.State = study.Done
	must(t, store.Finish(t.Context(), trial))
}

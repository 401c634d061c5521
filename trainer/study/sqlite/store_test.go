package sqlite_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/sqlite"
)

// claimAndHang makes the test program another worker, that claims a trial of the file and never ends it.
const claimAndHang = "CLAIM_AND_HANG"

func TestMain(m *testing.M) {
	if path := os.Getenv(claimAndHang); path != "" {
		store, err := sqlite.Open(context.Background(), path)
		if err == nil {
			var t *study.Trial
			if t, _, err = store.Claim(context.Background(), nil); err == nil {
				fmt.Println(t.Name)
				select {}
			}
		}
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func open(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func named(names ...string) []study.Trial {
	trials := make([]study.Trial, len(names))
	for i, name := range names {
		trials[i] = study.Trial{Name: name, Seeds: []uint64{1}}
	}
	return trials
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func claim(t *testing.T, s *sqlite.Store) (trial *study.Trial, busy bool) {
	t.Helper()
	trial, busy, err := s.Claim(t.Context(), nil)
	must(t, err)
	return trial, busy
}

// What is written is read back, by another store too.
// A process that is killed right after it made the file leaves a record of no study.
func TestNotBegun(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "study.db"))
	if _, err := s.Definition(t.Context()); err == nil || !strings.Contains(err.Error(), "before it began") {
		t.Errorf("found the error %v", err)
	}
}

func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a study?#%.db")
	s := open(t, path)
	must(t, s.Begin(t.Context(), study.Definition{Kind: "tune", Fingerprint: "f", Text: []byte("text")}))
	trial := study.Trial{Name: "0001", Arm: "arm", Settings: map[string]any{"solver.learning_rate": 0.01, "x": "ä"}, Seeds: []uint64{1, math.MaxUint64}}
	must(t, s.Add(t.Context(), []study.Trial{trial, {Name: "0002", Seeds: []uint64{3}}}))
	must(t, s.Add(t.Context(), []study.Trial{{Name: "0001", Arm: "twice"}}))

	claimed, _ := claim(t, s)
	must(t, s.Report(t.Context(), claimed.ID, study.Point{Epoch: 1, Value: 0.5}))
	must(t, s.Report(t.Context(), claimed.ID, study.Point{Epoch: 2, Value: 0.6}))
	must(t, s.Report(t.Context(), claimed.ID, study.Point{Epoch: 2, Value: 0.7, Seconds: 1.5}))
	claimed.State, claimed.Value = study.Done, 0.7
	claimed.Runs = []study.Run{
		{Seed: 1, Dir: "trials/1", Value: 0.6, Seconds: 1.5, Epochs: 3, StopReason: "max_epochs", Test: map[string]float64{"accuracy": 0.1}},
		{Seed: math.MaxUint64, Value: 0.8},
	}
	must(t, s.Finish(t.Context(), claimed))

	other := open(t, path)
	d, err := other.Definition(t.Context())
	must(t, err)
	if d.Kind != "tune" || d.Fingerprint != "f" || string(d.Text) != "text" {
		t.Errorf("found %+v", d)
	}
	found, err := other.Trials(t.Context())
	must(t, err)
	claimed.Curve = []study.Point{{Epoch: 1, Value: 0.5}, {Epoch: 2, Value: 0.7, Seconds: 1.5}}
	if len(found) != 2 || found[1].Value.Known() || found[1].State != study.Waiting {
		t.Fatalf("found %+v", found)
	}
	if diff := cmp.Diff(*claimed, found[0]); diff != "" {
		t.Error(diff)
	}
	for want := 1; want <= 2; want++ {
		if looks, err := other.Look(t.Context()); err != nil || looks != want {
			t.Errorf("found %d looks (%v), expected %d", looks, err, want)
		}
	}
}

// A store holds one study.
func TestOtherStudy(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "study.db"))
	d := study.Definition{Kind: "compare", Fingerprint: "a"}
	must(t, s.Begin(t.Context(), d))
	must(t, s.Begin(t.Context(), d))
	for _, other := range []study.Definition{{Kind: "compare", Fingerprint: "b"}, {Kind: "tune", Fingerprint: "a"}} {
		if err := s.Begin(t.Context(), other); !errors.Is(err, study.ErrOtherStudy) {
			t.Errorf("%+v: found %v, expected %v", other, err, study.ErrOtherStudy)
		}
	}
}

// Whatever many workers claim, none gets what another has, and a proposal is made while nobody else claims.
func TestManyWorkers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study.db")
	must(t, open(t, path).Add(t.Context(), named("a", "b", "c")))
	var (
		lock    sync.Mutex
		claimed = map[string]int{}
		workers sync.WaitGroup
	)
	for range 4 {
		s := open(t, path)
		workers.Go(func() {
			for {
				trial, _, err := s.Claim(t.Context(), func(all []study.Trial) *study.Trial {
					if len(all) == 20 {
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
				lock.Lock()
				claimed[trial.Name]++
				lock.Unlock()
				trial.State, trial.Value = study.Done, 1
				if err := s.Finish(t.Context(), trial); err != nil {
					t.Error(err)
				}
			}
		})
	}
	workers.Wait()
	if len(claimed) != 20 {
		t.Errorf("found %d trials claimed, expected 20", len(claimed))
	}
	for name, times := range claimed {
		if times != 1 {
			t.Errorf("%s: found it claimed %d times, expected once", name, times)
		}
	}
}

// The trials of a process that was killed go to others, those of one that lives do not, and nobody ends a trial of others.
func TestKilledWorker(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study.db")
	s := open(t, path)
	must(t, s.Add(t.Context(), named("lost", "kept")))

	worker := exec.Command(os.Args[0])
	worker.Env = append(os.Environ(), claimAndHang+"="+path)
	output, err := worker.StdoutPipe()
	must(t, err)
	must(t, worker.Start())
	t.Cleanup(func() { _ = worker.Process.Kill() })
	if line, err := bufio.NewReader(output).ReadString('\n'); err != nil || line != "lost\n" {
		t.Fatalf("found %q (%v), expected that the worker claimed the first trial", line, err)
	}

	kept, _ := claim(t, s)
	if kept.Name != "kept" {
		t.Fatalf("found %s, expected the trial that is not claimed", kept.Name)
	}
	if trial, busy := claim(t, s); trial != nil || !busy {
		t.Fatalf("found %v, %v, expected no trial while the other worker lives", trial, busy)
	}
	all, err := s.Trials(t.Context())
	must(t, err)
	if err := s.Finish(t.Context(), &all[0]); !errors.Is(err, study.ErrNotMine) {
		t.Errorf("found %v for a trial of another worker, expected %v", err, study.ErrNotMine)
	}
	if err := s.Release(t.Context(), all[0].ID); !errors.Is(err, study.ErrNotMine) {
		t.Errorf("found %v for a trial of another worker, expected %v", err, study.ErrNotMine)
	}

	must(t, worker.Process.Kill())
	_ = worker.Wait()
	lost, _ := claim(t, s)
	if lost == nil || lost.Name != "lost" || lost.Attempts != 2 {
		t.Fatalf("found %+v, expected the second attempt of the dead worker's trial", lost)
	}
	lost.State = study.Failed
	lost.Error = "why"
	must(t, s.Finish(t.Context(), lost))
	if err := s.Finish(t.Context(), lost); !errors.Is(err, study.ErrNotMine) {
		t.Errorf("found %v for a trial that has ended, expected %v", err, study.ErrNotMine)
	}
	must(t, s.Release(t.Context(), kept.ID))
	if n, err := s.Retry(t.Context()); err != nil || n != 1 {
		t.Errorf("found %d trials to repeat (%v), expected 1", n, err)
	}
	all, err = s.Trials(t.Context())
	must(t, err)
	for _, trial := range all {
		if trial.State != study.Waiting || trial.Error != "" {
			t.Errorf("found %+v, expected it to wait", trial)
		}
	}
}

// An integer that no float64 has stays what it is, so that a seed among the settings is the one that is trained.
func TestSettingsAreExact(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "study.db"))
	settings := map[string]any{
		"seed": int64(1<<53 + 1), "most": uint64(math.MaxUint64), "units": 64.0, "rate": 0.1, "list": []any{int64(1<<62 + 1), "x"}, "nothing": nil,
	}
	must(t, s.Add(t.Context(), []study.Trial{{Name: "a", Seeds: []uint64{math.MaxUint64}, Settings: settings}}))
	trials, err := s.Trials(t.Context())
	must(t, err)
	if diff := cmp.Diff(settings, trials[0].Settings); diff != "" {
		t.Errorf("found other settings: %s", diff)
	}
	if trials[0].Seeds[0] != math.MaxUint64 {
		t.Errorf("found seed %d", trials[0].Seeds[0])
	}
}

// A damaged record is an error, whatever is missing, and nothing of it hangs.
func TestDamagedRecords(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]string{
		"runs without trials":        "PRAGMA foreign_keys = 0; DELETE FROM trials",
		"a report without its trial": "PRAGMA foreign_keys = 0; INSERT INTO reports (trial, epoch, value, seconds) VALUES (99, 1, 0.5, 1)",
		"a view":                     "DROP TABLE reports; CREATE VIEW reports AS WITH RECURSIVE n (trial) AS (SELECT 1 UNION ALL SELECT trial FROM n) SELECT trial, 1 AS epoch, 1.0 AS value, 1.0 AS seconds FROM n",
		"no runs":                    "DROP TABLE runs",
		"a virtual table":            "DROP TABLE reports; CREATE VIRTUAL TABLE reports USING fts5(trial, epoch, value, seconds)",
		"a trigger":                  "CREATE TRIGGER t AFTER UPDATE ON study BEGIN DELETE FROM trials; END",
	} {
		path := filepath.Join(t.TempDir(), "study.db")
		s, err := sqlite.Open(t.Context(), path)
		must(t, err)
		must(t, s.Add(t.Context(), named("a")))
		w := study.Worker{Store: s, Execute: func(context.Context, study.Trial, func(study.Point) error) ([]study.Run, error) {
			return []study.Run{{Seed: 1, Value: 1}}, nil
		}}
		must(t, w.Work(t.Context()))
		must(t, s.Close())
		db, err := sql.Open("sqlite", path)
		must(t, err)
		_, err = db.ExecContext(t.Context(), damage)
		must(t, err)
		must(t, db.Close())
		s, err = sqlite.Open(t.Context(), path)
		if err == nil {
			_, err = s.Trials(t.Context())
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "damaged record") {
			t.Errorf("%s: found %v, expected that the record is damaged", name, err)
		}
	}
}

// A transaction that is not carried out takes the number of the worker back: the next one works, here and in another process.
func TestRegistrationIsRolledBack(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "study.db")
	s, other := open(t, path), open(t, path)
	ctx, cancel := context.WithCancel(t.Context())
	if trial, _, err := s.Claim(ctx, func([]study.Trial) *study.Trial {
		cancel()
		return &study.Trial{Name: "a", Seeds: []uint64{1}}
	}); err == nil || trial != nil {
		t.Fatalf("found %v, %v, expected the error of the context", trial, err)
	}
	if files, err := os.ReadDir(path + "-workers"); err != nil || len(files) != 0 {
		t.Errorf("found the locks %v (%v), expected none", files, err)
	}
	must(t, s.Add(t.Context(), named("b", "c")))
	first, _ := claim(t, other)
	second, _ := claim(t, s)
	if first == nil || second == nil || first.Name == second.Name {
		t.Errorf("found %+v and %+v, expected a trial for each", first, second)
	}
	must(t, other.Release(t.Context(), first.ID))
	must(t, s.Release(t.Context(), second.ID))
}

// What a worker has when it closes its store goes to others, and soon.
func TestCloseGivesBack(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "study.db")
	s, other := open(t, path), open(t, path)
	must(t, s.Add(t.Context(), named("a")))
	claim(t, s)
	must(t, s.Close())
	if trial, _ := claim(t, other); trial == nil || trial.Attempts != 2 {
		t.Errorf("found %+v, expected the second attempt of the trial", trial)
	}
}

package storetest

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/search"
)

// Load is a study of simulated trials that take no time, so that all time is spent in its store.
type Load struct {
	Trials, Reports int           // trials, and reports of each that is not pruned
	Workers, Slots  int           // workers with a store each, and trials at a time of each worker
	Epoch           time.Duration // how long an epoch takes
}

// Measurement says what a store costs under a load.
type Measurement struct {
	Total      time.Duration
	Claims     []time.Duration // sorted
	Heap       []uint64        // bytes in use after each tenth of the trials
	Recorded   int             // trials that have ended
	PrunedOnes int             // of them
}

// Quantile is the time within which a part of the claims was done.
func (m *Measurement) Quantile(q float64) time.Duration {
	return m.Claims[min(len(m.Claims)-1, int(q*float64(len(m.Claims))))]
}

// String is a line for people.
func (m *Measurement) String() string {
	mib := func(b uint64) float64 { return math.Round(float64(b)/(1<<20)*10) / 10 }
	return fmt.Sprintf("%d trials in %.1f s, %d pruned; claim: median %v, 99 %% %v, longest %v; heap %v to %v MiB", m.Recorded, m.Total.Seconds(), m.PrunedOnes,
		m.Quantile(0.5).Round(10*time.Microsecond), m.Quantile(0.99).Round(10*time.Microsecond), m.Claims[len(m.Claims)-1].Round(10*time.Microsecond), mib(m.Heap[0]), mib(m.Heap[len(m.Heap)-1]))
}

// Run carries a search with asha out on stores of one record that holds nothing yet.
func (l Load) Run(ctx context.Context, open func() (study.Store, error)) (*Measurement, error) {
	var (
		m       = &Measurement{}
		mu      sync.Mutex
		workers sync.WaitGroup
		failed  = make(chan error, l.Workers)
	)
	pruner := search.Pruner{Name: search.ASHA, MinEpochs: 1}
	begun := time.Now()
	for n := range l.Workers {
		store, err := open()
		if err != nil {
			return nil, err
		}
		defer store.Close()
		if n == 0 {
			if err := store.Begin(ctx, study.Definition{Kind: "load", Fingerprint: "load"}); err != nil {
				return nil, err
			}
		}
		w := study.Worker{
			Store: timed{store, func(d time.Duration) {
				mu.Lock()
				defer mu.Unlock()
				m.Claims = append(m.Claims, d)
			}},
			Slots: l.Slots, Prune: pruner.Hopeless,
			Propose: func(all []study.Trial) *study.Trial {
				if len(all) >= l.Trials {
					return nil
				}
				name := fmt.Sprintf("%05d", len(all)+1)
				return &study.Trial{Name: name, Settings: map[string]any{"solver.learning_rate": 1 / float64(len(all)+1)}, Seeds: []uint64{uint64(len(all))}}
			},
			Execute: l.execute,
			OnEnd: func(t study.Trial) {
				mu.Lock()
				defer mu.Unlock()
				if m.Recorded++; t.State == study.Pruned {
					m.PrunedOnes++
				}
				if m.Recorded%max(1, l.Trials/10) == 0 {
					runtime.GC()
					var stats runtime.MemStats
					runtime.ReadMemStats(&stats)
					m.Heap = append(m.Heap, stats.HeapAlloc)
				}
			},
		}
		workers.Go(func() { failed <- w.Work(ctx) })
	}
	workers.Wait()
	m.Total = time.Since(begun)
	slices.Sort(m.Claims)
	for range l.Workers {
		if err := <-failed; err != nil {
			return nil, err
		}
	}
	return m, nil
}

// execute is a trial whose loss falls, to a level that its seed draws.
func (l Load) execute(ctx context.Context, t study.Trial, report func(study.Point) error) ([]study.Run, error) {
	level := rand.New(rand.NewPCG(t.Seeds[0], 0)).Float64()
	for epoch := 1; epoch <= l.Reports; epoch++ {
		if l.Epoch > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(l.Epoch):
			}
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := report(study.Point{Epoch: epoch, Value: level + 1/float64(epoch), Last: epoch == l.Reports}); err != nil {
			return nil, err
		}
	}
	return []study.Run{{Seed: t.Seeds[0], Value: level + 1/float64(l.Reports), Epochs: l.Reports}}, nil
}

// timed is a store that tells how long each claim takes.
type timed struct {
	study.Store
	took func(time.Duration)
}

func (s timed) Claim(ctx context.Context, propose func([]study.Trial) *study.Trial) (*study.Trial, bool, error) {
	begun := time.Now()
	t, busy, err := s.Store.Claim(ctx, propose)
	s.took(time.Since(begun))
	return t, busy, err
}

package search

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gruexp/gruexp/trainer/study"
)

// The first points of the sequence are those of PyTorch's engine, which has them as float32.
func TestSobolAgainstPyTorch(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/sobol.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct{ Points [][]float64 }
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	for n, expected := range golden.Points {
		for d, u := range sobol(uint32(n), sobolDimensions()) {
			if found := float64(u) / (1 << sobolBits); math.Abs(found-expected[d]) > 1e-7 {
				t.Fatalf("point %d, dimension %d: found %g, expected %g", n, d, found, expected[d])
			}
		}
	}
}

// Of the first 2^k points every interval of length 2^-k has one, in each dimension, also after the shift.
func TestSobolIsEven(t *testing.T) {
	t.Parallel()
	s := Sampler{Name: Sobol, Space: cube(sobolDimensions(), 0, 1), Seed: 7}
	seen := map[string]map[int]bool{}
	for n := range uint32(64) {
		for name, u := range s.sobolPoint(n) {
			if seen[name] == nil {
				seen[name] = map[int]bool{}
			}
			seen[name][int(u*64)] = true
		}
	}
	for name, cells := range seen {
		if len(cells) != 64 {
			t.Errorf("%s: found %d of 64 intervals with a point", name, len(cells))
		}
	}
}

// Values lie within their bounds, have their kind, and are where place says.
func TestValues(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]Dimension{
		"linear": {Linear: []float64{-1, 3}}, "log": {Log: []float64{1e-4, 0.1}}, "int": {Int: []int64{-2, 5}},
		"log_int": {LogInt: []int64{1, 300}}, "choice": {Choice: []any{"a", int64(2), 0.5, nil, map[string]any{"name": "x"}}},
	} {
		seen := map[string]bool{}
		for i := range 1001 {
			u := float64(i) / 1000
			v := d.value(u)
			seen[text(v)] = true
			back, ok := d.place(v)
			if again := d.value(back); !ok || (d.Linear == nil && d.Log == nil && text(again) != text(v)) {
				t.Errorf("%s at %g: found %v, which is at %g (%v) where there is %v", name, u, v, back, ok, again)
			}
			if (d.Linear != nil || d.Log != nil) && math.Abs(back-u) > 1e-9 {
				t.Errorf("%s: found %g, expected %g", name, back, u)
			}
			// What comes back from JSON is the same value.
			var read any
			if err := json.Unmarshal([]byte(text(v)), &read); err != nil {
				t.Fatal(err)
			}
			if other, ok := d.place(read); !ok || math.Abs(other-back) > 1e-12 {
				t.Errorf("%s: found %v at %g (%v) after JSON, expected %g", name, read, other, ok, back)
			}
		}
		want := map[string]int{"int": 8, "choice": 5}[name]
		if want > 0 && len(seen) != want {
			t.Errorf("%s: found the values %v, expected %d", name, seen, want)
		}
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	space := functions()["conditional"].space
	r := rand.New(rand.NewPCG(1, 1))
	with := 0
	for range 300 {
		settings := space.settings(Sampler{Space: space}.uniform(r))
		_, has := settings["momentum"]
		if has != (settings["solver"] == "sgd") || len(settings) < 3 {
			t.Fatalf("found %v", settings)
		}
		if has {
			with++
		}
	}
	if with < 60 || with > 140 {
		t.Errorf("found %d of 300 with the condition, expected about 100", with)
	}
	corners := map[string]bool{}
	for _, c := range space.Corners() {
		corners[text(c["solver"])] = true
		corners[text(c["units"])] = true
	}
	for _, want := range []string{`"adam"`, `"sgd"`, `"rmsprop"`, "8", "512"} {
		if !corners[want] {
			t.Errorf("found %v, expected %s", corners, want)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	space := Space{
		"a": {Linear: []float64{1, 1}}, "b": {Log: []float64{0, 1}}, "c": {Int: []int64{1}}, "d": {},
		"e": {Linear: []float64{0, 1}, Choice: []any{1}}, "f": {Choice: []any{"x", "x"}}, "g": {Choice: []any{}},
		"h": {Int: []int64{1, 2}, When: map[string]any{"zz": 1, "f": "y"}},
	}
	found := Sampler{Space: space, Name: "grid"}.Validate().Err().Error()
	for _, want := range []string{
		"space.a.linear: found [1 1]", "space.b.log: found [0 1], expected [least, greatest], both above 0", "space.c.int: found [1]",
		"space.d: found 0, expected exactly one of", "space.e: found 2", "space.f.choice.1: found \"x\"", "space.g.choice: found []",
		"space.h.when.f: found \"y\"", "space.h.when.zz: found \"zz\", expected another hyperparameter", "sampler: found \"grid\", expected one of [random sobol tpe]",
	} {
		if !strings.Contains(found, want) {
			t.Errorf("found no %s in\n%s", want, strings.ReplaceAll(found, "; ", "\n"))
		}
	}
	circle := Space{"a": {Choice: []any{1, 2}, When: map[string]any{"b": 1}}, "b": {Choice: []any{1, 2}, When: map[string]any{"a": 1}}}
	if faults := circle.Validate(); len(faults) != 1 || faults[0].Path != "a.when" {
		t.Errorf("found %v of a circle", faults)
	}
	if faults := (Space{}).Validate(); len(faults) != 1 {
		t.Errorf("found %v of an empty space", faults)
	}
	if faults := (Sampler{Name: Sobol, Space: cube(33, 0, 1)}).Validate(); len(faults) != 1 || faults[0].Path != "sampler" {
		t.Errorf("found %v of 33 dimensions", faults)
	}
	if faults := (Pruner{Name: "hope"}).Validate(); len(faults) != 2 {
		t.Errorf("found %v of a pruner", faults)
	}
}

// What comes next follows from the trials: it is the same for whoever asks, and another for another seed.
func TestNextIsAFunction(t *testing.T) {
	t.Parallel()
	f := functions()["conditional"]
	for _, name := range Samplers() {
		s := Sampler{Name: name, Space: f.space, Seed: 3}
		var trials []study.Trial
		for i := range 15 {
			one, two := s.Next(trials), s.Next(trials)
			if diff := cmp.Diff(one, two); diff != "" {
				t.Fatalf("%s, trial %d: %s", name, i, diff)
			}
			other := s
			other.Seed = 4
			if cmp.Equal(one, other.Next(trials)) {
				t.Errorf("%s, trial %d: found the same with another seed", name, i)
			}
			// What is read back from a record has other types.
			var read map[string]any
			if err := json.Unmarshal([]byte(text(one)), &read); err != nil {
				t.Fatal(err)
			}
			state := []study.State{study.Done, study.Pruned, study.Failed, study.Running}[i%7%4]
			trials = append(trials, study.Trial{State: state, Settings: read, Value: study.Value(f.of(one))})
		}
	}
}

// A space with few settings is tried in full before any is repeated, as far as candidates go.
func TestTPETriesNew(t *testing.T) {
	t.Parallel()
	s := Sampler{Name: TPE, Space: Space{"a": {Int: []int64{1, 4}}, "b": {Choice: []any{"x", "y", "z"}}}, Seed: 5}
	var trials []study.Trial
	seen := map[string]bool{}
	for range 26 {
		settings := s.Next(trials)
		seen[key(settings)] = true
		trials = append(trials, study.Trial{State: study.Done, Settings: settings, Value: study.Value(settings["a"].(int64))})
	}
	if len(seen) != 12 {
		t.Errorf("found %d of 12 settings tried in 26 trials", len(seen))
	}
}

func curve(id int64, state study.State, values ...float64) study.Trial {
	t := study.Trial{ID: id, State: state}
	for i, v := range values {
		t.Curve = append(t.Curve, study.Point{Epoch: i + 1, Value: v})
	}
	return t
}

// Tables of curves and what is to be decided at the end of the last one.
func TestPruners(t *testing.T) {
	t.Parallel()
	five := []study.Trial{
		curve(1, study.Done, 5, 4, 3), curve(2, study.Done, 6, 5, 4), curve(3, study.Pruned, 7, 6), curve(4, study.Done, 4, 4, 4), curve(5, study.Running, 9, 8, 8),
	}
	for name, c := range map[string]struct {
		pruner Pruner
		all    []study.Trial
		trial  study.Trial
		want   bool
	}{
		"none":                         {Pruner{Name: NoPruner, MinEpochs: 1}, five, curve(6, study.Running, 99), false},
		"no curve":                     {Pruner{Name: Median, MinEpochs: 1}, five, curve(6, study.Running), false},
		"median: worse":                {Pruner{Name: Median, MinEpochs: 1}, five, curve(6, study.Running, 6, 5.5), true},
		"median: equal":                {Pruner{Name: Median, MinEpochs: 1}, five, curve(6, study.Running, 6, 5), false},
		"median: once was better":      {Pruner{Name: Median, MinEpochs: 1}, five, curve(6, study.Running, 3, 9), false},
		"median: too early":            {Pruner{Name: Median, MinEpochs: 3}, five, curve(6, study.Running, 9, 9), false},
		"median: four others are few":  {Pruner{Name: Median, MinEpochs: 1}, five, curve(6, study.Running, 9, 9, 9), false},
		"median: higher is better":     {Pruner{Name: Median, MinEpochs: 1, HigherIsBetter: true}, five, curve(6, study.Running, 4.5, 4.5), true},
		"asha: first at the rung":      {Pruner{Name: ASHA, MinEpochs: 1}, nil, curve(6, study.Running, 9), false},
		"asha: second and worse":       {Pruner{Name: ASHA, MinEpochs: 1}, five[:1], curve(6, study.Running, 9), true},
		"asha: best third of six":      {Pruner{Name: ASHA, MinEpochs: 1}, five, curve(6, study.Running, 4.5), false},
		"asha: third of six":           {Pruner{Name: ASHA, MinEpochs: 1}, five, curve(6, study.Running, 5.5), true},
		"asha: between rungs":          {Pruner{Name: ASHA, MinEpochs: 1}, five, curve(6, study.Running, 9, 9), false},
		"asha: second rung":            {Pruner{Name: ASHA, MinEpochs: 1}, five, curve(6, study.Running, 9, 9, 3.5), true},
		"asha: rungs begin where told": {Pruner{Name: ASHA, MinEpochs: 2}, five, curve(6, study.Running, 9, 9), true},
	} {
		if found := c.pruner.Hopeless(study.NewView(c.all), c.trial); found != c.want {
			t.Errorf("%s: found %v, expected %v", name, found, c.want)
		}
	}
}

// Of y = 3a + b over the unit square, a explains 9/10 of the variance, b a tenth, c nothing; of a product of centered
// factors nothing is explained by one of them alone.
func TestImportance(t *testing.T) {
	t.Parallel()
	space := cube(3, 0, 1)
	trials := func(f func(x []float64) float64) []study.Trial {
		var list []study.Trial
		s := Sampler{Name: Sobol, Space: space, Seed: 1}
		for range 200 {
			settings := s.Next(list)
			list = append(list, study.Trial{State: study.Done, Settings: settings, Value: study.Value(f(vector(settings)))})
		}
		return list
	}
	sum := Importance(space, trials(func(x []float64) float64 { return 3*x[0] + x[1] }), 1)
	for name, want := range map[string]float64{"x0": 0.9, "x1": 0.1, "x2": 0} {
		if math.Abs(sum[name]-want) > 0.05 { // 200 trials and trees of steps
			t.Errorf("%s: found %.3f, expected %g", name, sum[name], want)
		}
	}
	product := Importance(space, trials(func(x []float64) float64 { return (x[0] - 0.5) * (x[1] - 0.5) }), 1)
	if product["x0"]+product["x1"]+product["x2"] > 0.3 {
		t.Errorf("found %v of a product, expected most of the variance to be that of two together", product)
	}
	if same := Importance(space, trials(func([]float64) float64 { return 0.1 }), 1); len(same) != 3 || same["x0"] != 0 {
		t.Errorf("found %v of equal values, expected zeros", same)
	}
	if few := Importance(space, trials(func([]float64) float64 { return 1 })[:3], 1); len(few) != 0 {
		t.Errorf("found %v of three trials, expected nothing", few)
	}
}

// Failed and pruned trials do not count.
func TestImportanceOfEndedTrials(t *testing.T) {
	t.Parallel()
	space := cube(2, 0, 1)
	var trials []study.Trial
	for i := range 40 {
		u := float64(i) / 40
		trials = append(trials, study.Trial{State: study.Done, Settings: map[string]any{"x0": u, "x1": math.Mod(7*u, 1)}, Value: study.Value(u)})
		trials = append(trials, study.Trial{State: study.Pruned, Settings: map[string]any{"x0": 0.5, "x1": u}, Value: study.Value(100 * u)})
	}
	if found := Importance(space, trials, 1); found["x0"] < 0.9 {
		t.Errorf("found %v, expected x0 alone to matter", found)
	}
}

// Trials whose curves cross early end as ASHA judges them one after the other: on average over 20 searches of 60 trials and up to
// 27 epochs, a third of the epochs or less are spent, and the best trial is at most a tenth of the range worse than the best of
// all trials carried to their end.
func TestASHASpendsLess(t *testing.T) {
	t.Parallel()
	spent, lost := 0.0, 0.0
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 0))
		p := Pruner{Name: ASHA, MinEpochs: 1}
		var all []study.Trial
		best, least := 1.0, 1.0
		for id := range int64(60) {
			final, slow := r.Float64(), 0.3+r.Float64()
			at := func(epoch int) float64 { return final + 2*math.Exp(-slow*float64(epoch)) }
			least = min(least, at(27))
			trial := study.Trial{ID: id + 1, State: study.Running}
			for epoch := 1; epoch <= 27; epoch++ {
				spent++
				trial.Curve = append(trial.Curve, study.Point{Epoch: epoch, Value: at(epoch)})
				if p.Hopeless(study.NewView(append(all[:len(all):len(all)], trial)), trial) {
					trial.State = study.Pruned
					break
				}
			}
			if trial.State == study.Running {
				trial.State, best = study.Done, min(best, at(27))
			}
			all = append(all, trial)
		}
		lost += (best - least) / 20
	}
	share := spent / (20 * 60 * 27)
	t.Logf("found %.2f of the epochs spent and the best trial %.3f worse", share, lost)
	if share > 1./3 || lost > 0.1 {
		t.Errorf("found %.2f of the epochs spent and the best trial %.3f worse, expected at most 1/3 and 0.1", share, lost)
	}
}

// The largest integers there are do not overflow.
func TestWideSpaces(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]Dimension{
		"int":     {Int: []int64{math.MinInt64 + 1, math.MaxInt64}},
		"log_int": {LogInt: []int64{1, math.MaxInt64}},
		"end":     {Int: []int64{math.MaxInt64 - 1, math.MaxInt64}},
	} {
		s := Space{"n": d}
		if err := s.Validate().Err(); err != nil {
			t.Fatal(err)
		}
		bounds := append(d.Int, d.LogInt...)
		before := int64(math.MinInt64)
		for _, u := range []float64{0, 0.25, 0.5, 0.75, 1} {
			n := d.value(u).(int64)
			if n < bounds[0] || n > bounds[1] || n < before {
				t.Errorf("%s: found %d at %g after %d, expected rising numbers from %d to %d", name, n, u, before, bounds[0], bounds[1])
			}
			before = n
			if back, ok := d.place(n); !ok || math.IsNaN(back) {
				t.Errorf("%s: found no place of %d", name, n)
			}
		}
	}
}

package data_test

import (
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/sets"
)

// The parts of loaded data are divided as the configuration says; a translation stays one.
func TestDividedData(t *testing.T) {
	ctx := t.Context()
	d, err := sets.Load(ctx, data.Config{Name: "dates", Fold: &data.FoldConfig{Of: 4, Number: 2}}, data.Translate, sets.Options{})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := sets.Load(ctx, data.Config{Name: "dates"}, data.Translate, sets.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d.Train.Len()+d.Valid.Len() != whole.Train.Len() || d.Valid.Len() != whole.Train.Len()/4 || d.Test.Len() != whole.Test.Len() {
		t.Errorf("found parts of %d, %d and %d of %d", d.Train.Len(), d.Valid.Len(), d.Test.Len(), whole.Train.Len())
	}
	if data.TargetLengths(d.Valid) == nil {
		t.Error("found a validation part without target sequences")
	}
	if d, err = sets.Load(ctx, data.Config{Name: "dates", OverfitBatches: 2, BatchSize: 10}, data.Translate, sets.Options{}); err != nil || d.Train.Len() != 20 || d.Valid.Len() != 20 {
		t.Errorf("found parts of %d and %d, expected two batches of 10 (%v)", d.Train.Len(), d.Valid.Len(), err)
	}
}

// Data whose validation part is drawn have another one with another seed; others refuse it.
func TestValidSeed(t *testing.T) {
	texts := func(d data.Dataset) string {
		var all []string
		names := d.(*data.LabeledTokens)
		for i := range names.Len() {
			all = append(all, string(rune(names.Labels[i]))+d.Spec().Decode(names.Tokens[i]))
		}
		return strings.Join(all, " ")
	}
	parts := map[uint64]*data.Data{}
	for _, seed := range []uint64{0, 1, 2} {
		d, err := sets.Load(t.Context(), data.Config{Name: "languages", ValidSeed: seed}, data.Classify, sets.Options{})
		if err != nil || !d.DrawsValid {
			t.Fatalf("found %v, expected data whose validation part is drawn", err)
		}
		parts[seed] = d
	}
	for _, seed := range []uint64{1, 2} {
		if parts[seed].Test.Len() != parts[0].Test.Len() {
			t.Errorf("seed %d: found a test part of %d, expected %d", seed, parts[seed].Test.Len(), parts[0].Test.Len())
		}
		if texts(parts[seed].Valid) == texts(parts[seed-1].Valid) {
			t.Errorf("seed %d: found the validation part of seed %d", seed, seed-1)
		}
	}
	for _, c := range []data.Config{{Name: "adding", ValidSeed: 1}, {Name: "languages", ValidSeed: 1, Fold: &data.FoldConfig{}}} {
		task := data.Classify
		if c.Name == "adding" {
			task = data.Regress
		}
		if _, err := sets.Load(t.Context(), c, task, sets.Options{}); err == nil || !strings.Contains(err.Error(), "valid_seed: found 1, expected 0") {
			t.Errorf("%+v: found %v, expected that the seed is refused", c, err)
		}
	}
}

// A set with a name can be asked for other horizons than its own.
func TestHorizonsOfKnownSets(t *testing.T) {
	loaded, err := sets.Load(t.Context(), data.Config{Name: "mackey-glass", Forecast: &data.ForecastConfig{Horizons: []int{1, 84}}}, data.Forecast, sets.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Spec.Targets != 2 || len(loaded.Baselines()) < 3 {
		t.Errorf("found %+v", loaded.Spec)
	}
}

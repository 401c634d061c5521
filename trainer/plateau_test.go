package trainer

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// rates are what a rule makes of a learning rate of 1 while the monitor takes these values.
func (c ReduceOnPlateauConfig) rates(values []float64) []float64 {
	var p plateau
	rate, rates := 1.0, []float64(nil)
	for i, v := range values {
		var due bool
		if p, due = p.next(Config{ReduceOnPlateau: &c}.plateauRule(), c.Cooldown, i+1, v); due {
			rate = c.lower(rate)
		}
		rates = append(rates, rate)
	}
	return rates
}

// The rates are those of testdata/plateau.py, to the bit: the same multiplications in float64.
func TestPlateauIsThatOfPyTorch(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/plateau.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Mode          string
		Factor        float64
		Patience      int
		Threshold     float64
		ThresholdMode string `json:"threshold_mode"`
		Cooldown      int
		MinLR         float64 `json:"min_lr"`
		Eps           float64
		Values, Rates []float64
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatal("found no cases")
	}
	for _, c := range cases {
		cfg := ReduceOnPlateauConfig{
			Mode: c.Mode, MinDelta: c.Threshold, MinDeltaMode: map[string]string{"abs": MinDeltaAbsolute, "rel": MinDeltaRelative}[c.ThresholdMode],
			Patience: new(c.Patience + 1), Cooldown: c.Cooldown, Factor: c.Factor, MinLearningRate: c.MinLR, Epsilon: c.Eps,
		}.WithDefaults()
		if err := cfg.Validate().Err(); err != nil {
			t.Fatal(err)
		}
		if found := cfg.rates(c.Values); !slices.Equal(found, c.Rates) {
			t.Errorf("%+v:\nfound    %v\nexpected %v", cfg, found, c.Rates)
		}
	}
}

// The rates are those of Keras 3.8's ReduceLROnPlateau given the same numbers and a cooldown that is one more where there is one, worked
// out by hand from its source (keras/src/callbacks/reduce_lr_on_plateau.py).
func TestPlateauIsThatOfKeras(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		cfg    ReduceOnPlateauConfig
		values []float64
		rates  []float64
	}{
		{"no cooldown", ReduceOnPlateauConfig{Patience: new(2)}, []float64{4, 4, 4, 4, 4, 3, 3, 3}, []float64{1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125}},
		{"cooldown 2", ReduceOnPlateauConfig{Patience: new(1), Cooldown: 1}, []float64{4, 4, 4, 4, 4, 4}, []float64{1, 0.5, 0.5, 0.25, 0.25, 0.125}},
		{"cooldown 3", ReduceOnPlateauConfig{Patience: new(2), Cooldown: 2}, []float64{4, 4, 4, 4, 4, 4, 4}, []float64{1, 1, 0.5, 0.5, 0.5, 0.5, 0.25}},
		{"better while it cools", ReduceOnPlateauConfig{Patience: new(1), Cooldown: 2}, []float64{4, 4, 2, 3, 3, 1}, []float64{1, 0.5, 0.5, 0.5, 0.25, 0.25}},
		{"least rate", ReduceOnPlateauConfig{Patience: new(1), MinLearningRate: 0.375}, []float64{4, 4, 4, 4}, []float64{1, 0.5, 0.375, 0.375}},
		{"too little", ReduceOnPlateauConfig{Patience: new(1), MinDelta: 0.5}, []float64{4, 3.5, 3.25, 2.75}, []float64{1, 0.5, 0.5, 0.25}},
		{"more is better", ReduceOnPlateauConfig{Patience: new(1), Mode: ModeMax}, []float64{1, 2, 1, 3}, []float64{1, 1, 0.5, 0.5}},
	} {
		test.cfg.Factor = 0.5
		if found := test.cfg.WithDefaults().rates(test.values); !slices.Equal(found, test.rates) {
			t.Errorf("%s: found %v, expected %v", test.name, found, test.rates)
		}
	}
}

// A relative difference has the size of the best value and not its sign: PyTorch takes a negative loss that rises for a better one.
func TestRelativeDifferenceOfNegativeValues(t *testing.T) {
	t.Parallel()
	cfg := ReduceOnPlateauConfig{Patience: new(1), Factor: 0.5, MinDelta: 0.25, MinDeltaMode: MinDeltaRelative}.WithDefaults()
	if found, want := cfg.rates([]float64{-4, -3.5, -4.5, -5.5}), []float64{1, 0.5, 0.25, 0.25}; !slices.Equal(found, want) {
		t.Errorf("found %v, expected %v", found, want)
	}
}

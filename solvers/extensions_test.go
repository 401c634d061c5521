package solvers_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/solvers"
)

// own is gradient descent with a step size option, and a schedule that halves once.
func own() *solvers.Extensions {
	return &solvers.Extensions{
		Solvers: map[string]solvers.Factory{"mine": {
			Defaults: solvers.Config{LearningRate: 0.5, Beta1: new(0.25), Options: map[string]float64{"gain": 2}},
			Validate: func(c solvers.Config) (faults fault.List) {
				faults.Check(c.Options["gain"] > 0, "options.gain", c.Options["gain"], "a number above 0")
				return faults
			},
			New: func(c solvers.Config, _ solvers.Plan) ([]solvers.Transform, error) {
				return []solvers.Transform{&gain{by: c.Options["gain"] * *c.Beta1}}, nil
			},
		}},
		Schedules: map[string]solvers.ScheduleFactory{"halves": {
			Defaults: solvers.ScheduleConfig{Options: map[string]float64{"after": 0.5}},
			New: func(c solvers.ScheduleConfig, rate, _, steps float64) solvers.Schedule {
				return solvers.Staircase(rate, 0.5, c.Options["after"]*steps)
			},
		}},
	}
}

type gain struct {
	by float64
	solvers.Stateless
}

func (*gain) Name() string              { return "gain" }
func (*gain) Init([]*graph.Param) error { return nil }
func (g *gain) Apply(_ int, us []solvers.Update) error {
	for _, u := range us {
		solvers.ForEach(func(v []float64) { v[0] *= g.by }, u.Delta)
	}
	return nil
}

func TestOwnSolverAndSchedule(t *testing.T) {
	t.Parallel()
	for _, dtype := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		p := newParam(t, dtype, "w", graph.RoleKernel, []float64{1, 2}, 2)
		config := solvers.Config{
			Name: "mine", Extensions: own(), ClipValue: 4, Options: map[string]float64{"gain": 8},
			Schedule: solvers.ScheduleConfig{Name: "halves", WarmUpEpochs: 0},
		}
		s := newSolver(t, config, solvers.Plan{StepsPerEpoch: 2, Epochs: 1})
		step(t, s, newGradient(t, p, []float64{1, 9})) // clipped to 1 and 4, times 8·0.25, times 0.5
		if found, want := floats(p.Value), []float64{0, -2}; !slices.Equal(found, want) {
			t.Errorf("%v: found %v after a step, expected %v", dtype, found, want)
		}
		if found := s.LearningRate(); found != 0.25 {
			t.Errorf("%v: found the learning rate %v in the second step, expected 0.25", dtype, found)
		}
	}
}

func TestOwnDefaults(t *testing.T) {
	t.Parallel()
	c := solvers.Config{Name: "mine", Extensions: own(), Schedule: solvers.ScheduleConfig{Name: "halves"}}.WithDefaults()
	if c.LearningRate != 0.5 || *c.Beta1 != 0.25 || c.Options["gain"] != 2 || c.Schedule.Options["after"] != 0.5 {
		t.Errorf("found %+v, expected the defaults of the factories", c)
	}
	if faults := c.Validate(); len(faults) > 0 {
		t.Error(faults.Err())
	}
}

func TestFaultsOfExtensions(t *testing.T) {
	t.Parallel()
	taken := own()
	taken.Solvers["adam"], taken.Schedules["cosine"], taken.Solvers["none"] = taken.Solvers["mine"], taken.Schedules["halves"], solvers.Factory{}
	for name, test := range map[string]struct {
		config solvers.Config
		want   []string
	}{
		"taken": {solvers.Config{Extensions: taken}, []string{
			"extensions.solvers.adam", "adam is built in", "extensions.schedules.cosine", `extensions.solvers.none: found "no New"`,
		}},
		"unknown": {solvers.Config{Name: "other", Extensions: own()}, []string{"asgd mine]"}},
		"unknown schedule": {
			solvers.Config{Schedule: solvers.ScheduleConfig{Name: "other"}, Extensions: own()}, []string{"schedule.name", "chain halves]"},
		},
		"no such option": {solvers.Config{Name: "mine", Extensions: own(), Beta2: new(0.5), Options: map[string]float64{"rate": 1}}, []string{
			"beta2: found 0.5, expected null or left out: mine has no beta2", "options.rate: found 1, expected null or left out: mine has no such option",
		}},
		"range":             {solvers.Config{Name: "mine", Extensions: own(), Options: map[string]float64{"gain": -1}}, []string{"options.gain: found -1"}},
		"not finite":        {solvers.Config{Name: "mine", Extensions: own(), Options: map[string]float64{"gain": math.NaN()}}, []string{"options.gain: found NaN"}},
		"options of others": {solvers.Config{Options: map[string]float64{"gain": 1}}, []string{"adam has no such option"}},
		"not given":         {solvers.Config{Name: "mine"}, []string{"name"}},
	} {
		err := test.config.WithDefaults().Validate().Err()
		for _, want := range test.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: found %v, expected it to say %q", name, err, want)
			}
		}
	}
}

type wrongApplied struct{ gain }

func (*wrongApplied) Applied(int) bool { return true }

func TestOptionalMethodOfAnotherSignature(t *testing.T) {
	t.Parallel()
	_, err := solvers.New(&wrongApplied{}, &solvers.ScaleByLearningRate{Schedule: solvers.Constant(1)})
	if err == nil || !strings.Contains(err.Error(), "Applied") {
		t.Errorf("found %v, expected an error about Applied", err)
	}
}

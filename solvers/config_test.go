package solvers_test

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/solvers"
)

func TestDefaultsWrittenOut(t *testing.T) {
	for name, want := range map[string]string{
		"":         "name: adam\nlearning_rate: 0.001\nbeta1: 0.9\nbeta2: 0.999\nepsilon: 1e-08\n",
		"sgd":      "name: sgd\nlearning_rate: 0.01\n",
		"momentum": "name: momentum\nlearning_rate: 0.01\nmomentum: 0.9\nform: ema\n",
		"nesterov": "name: nesterov\nlearning_rate: 0.01\nmomentum: 0.9\nform: ema\n",
		"adagrad":  "name: adagrad\nlearning_rate: 0.01\nepsilon: 1e-10\n",
		"rmsprop":  "name: rmsprop\nlearning_rate: 0.001\nrho: 0.9\nepsilon: 1e-08\n",
		"adam":     "name: adam\nlearning_rate: 0.001\nbeta1: 0.9\nbeta2: 0.999\nepsilon: 1e-08\n",
		"adamw":    "name: adamw\nlearning_rate: 0.001\nbeta1: 0.9\nbeta2: 0.999\nepsilon: 1e-08\nweight_decay: 0.01\n",
	} {
		found, err := yaml.Marshal(solvers.Config{Name: name}.WithDefaults())
		if err != nil {
			t.Fatal(err)
		}
		want += "schedule:\n  name: constant\n  warmup_epochs: 0.0\nclip_norm: 0.0\nclip_value: 0.0\nl1: 0.0\nl2: 0.0\n"
		if string(found) != want {
			t.Errorf("%q: found\n%s\nexpected\n%s", name, found, want)
		}
	}
}

// TestDefaultsAreValid also reads every defaulted config back from its file.
func TestDefaultsAreValid(t *testing.T) {
	for _, name := range append(solvers.Names(), "") {
		for _, schedule := range append(solvers.ScheduleNames(), "") {
			config := solvers.Config{Name: name, Schedule: solvers.ScheduleConfig{Name: schedule}}
			config = config.WithDefaults()
			if faults := config.Validate(); len(faults) > 0 {
				t.Errorf("%s, %s: found %v", name, schedule, faults.Err())
			}
			if again := config.WithDefaults(); !reflect.DeepEqual(again, config) {
				t.Errorf("%s, %s: found other defaults the second time: %+v", name, schedule, again)
			}
			text, err := yaml.Marshal(config)
			if err != nil {
				t.Fatal(err)
			}
			var read solvers.Config
			if err := yaml.UnmarshalWithOptions(text, &read, yaml.Strict()); err != nil {
				t.Fatalf("%v in\n%s", err, text)
			}
			if !reflect.DeepEqual(read, config) {
				t.Errorf("found %+v after\n%s", read, text)
			}
		}
	}
}

// TestZeroIsNotADefault of an option for which 0 means something.
func TestZeroIsNotADefault(t *testing.T) {
	var config solvers.Config
	if err := yaml.Unmarshal([]byte("{name: adamw, beta1: 0, weight_decay: 0, schedule: {name: cosine, final: 0}}"), &config); err != nil {
		t.Fatal(err)
	}
	config = config.WithDefaults()
	if *config.Beta1 != 0 || *config.WeightDecay != 0 || *config.Schedule.Final != 0 {
		t.Errorf("found %v, %v and %v, expected zeros", *config.Beta1, *config.WeightDecay, *config.Schedule.Final)
	}
	if faults := config.Validate(); len(faults) > 0 {
		t.Error(faults.Err())
	}
}

func TestFaults(t *testing.T) {
	nan := math.NaN()
	for name, c := range map[string]struct {
		config solvers.Config
		want   []string
	}{
		"unknown solver": {solvers.Config{Name: "adm", LearningRate: -1}, []string{
			`name: found "adm", expected one of [sgd momentum nesterov adagrad rmsprop adam adamw]`,
			"learning_rate: found -1, expected a finite number above 0",
		}},
		"adam with what it has not": {solvers.Config{Momentum: new(0.9), Form: solvers.EMA, Rho: new(0.0), WeightDecay: new(0.1)}, []string{
			"momentum: found 0.9, expected null or left out: adam has no momentum",
			"rho: found 0, expected null or left out: adam has no rho",
			"weight_decay: found 0.1, expected null or left out: adam has no weight_decay",
			`form: found "ema", expected null or left out: adam has no form`,
		}},
		"sgd with what it has not": {solvers.Config{Name: "sgd", Beta1: new(0.9), Beta2: new(0.9), Epsilon: new(0.1)}, []string{
			"beta1: found 0.9, expected null or left out: sgd has no beta1",
			"beta2: found 0.9, expected null or left out: sgd has no beta2",
			"epsilon: found 0.1, expected null or left out: sgd has no epsilon",
		}},
		"ranges of adamw": {solvers.Config{Name: "adamw", LearningRate: math.Inf(1), Beta1: new(1.0), Beta2: new(-0.1), Epsilon: new(0.0), WeightDecay: new(nan)}, []string{
			"learning_rate: found +Inf, expected a finite number above 0",
			"beta1: found 1, expected a number of at least 0, below 1",
			"beta2: found -0.1, expected a number of at least 0, below 1",
			"epsilon: found 0, expected a number above 0, at most 1",
			"weight_decay: found NaN, expected a number from 0 to 100",
		}},
		"momentum": {solvers.Config{Name: "momentum", Momentum: new(1.5), Form: "emma"}, []string{
			"momentum: found 1.5, expected a number of at least 0, below 1",
			`form: found "emma", expected one of [ema classical]`,
		}},
		"limits and penalties": {solvers.Config{ClipNorm: -1, ClipValue: math.Inf(1), L1: nan, L2: 1e9,
			Penalties: map[graph.Role]solvers.PenaltyConfig{graph.Bias: {L1: -1, L2: nan}, "kernels": {}}}, []string{
			"clip_norm: found -1, expected a finite number of at least 0",
			"clip_value: found +Inf, expected a finite number of at least 0",
			"l1: found NaN, expected a number from 0 to 100",
			"l2: found 1e+09, expected a number from 0 to 100",
			"penalties.bias.l1: found -1, expected a number from 0 to 100",
			"penalties.bias.l2: found NaN, expected a number from 0 to 100",
			`penalties: found "kernels", expected one of [kernel recurrent_kernel bias embedding scale state]`,
		}},
		"unknown schedule": {solvers.Config{Schedule: solvers.ScheduleConfig{Name: "stairs", WarmUpEpochs: -1}}, []string{
			`schedule.name: found "stairs", expected one of [constant exponential linear step cosine]`,
			"schedule.warmup_epochs: found -1, expected a number of epochs above 0, at most 1e6",
		}},
		"constant with what it has not": {solvers.Config{Schedule: solvers.ScheduleConfig{Every: new(1.0), Factor: new(0.5), Final: new(0.0)}}, []string{
			"schedule.every: found 1, expected null or left out: the schedule constant has no every",
			"schedule.factor: found 0.5, expected null or left out: the schedule constant has no factor",
			"schedule.final: found 0, expected null or left out: the schedule constant has no final",
		}},
		"ranges of step": {solvers.Config{Schedule: solvers.ScheduleConfig{Name: "step", Every: new(0.0), Factor: new(2.0)}}, []string{
			"schedule.every: found 0, expected a number of epochs above 0, at most 1e6",
			"schedule.factor: found 2, expected a number above 0, at most 1",
		}},
		"ranges of linear": {solvers.Config{Schedule: solvers.ScheduleConfig{Name: "linear", Final: new(1.5), WarmUpEpochs: nan}}, []string{
			"schedule.final: found 1.5, expected a number from 0 to 1",
			"schedule.warmup_epochs: found NaN, expected a number of epochs above 0, at most 1e6",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var found []string
			for _, f := range c.config.WithDefaults().Validate() {
				found = append(found, f.Error())
			}
			if !reflect.DeepEqual(found, c.want) {
				t.Errorf("found\n%s\nexpected\n%s", strings.Join(found, "\n"), strings.Join(c.want, "\n"))
			}
			_, err := c.config.New(plan())
			wantError(t, err, c.want...)
		})
	}
}

func TestPlanThatDoesNotFit(t *testing.T) {
	step := solvers.Config{Schedule: solvers.ScheduleConfig{Name: "step"}}
	_, err := step.New(solvers.Plan{})
	wantError(t, err, "schedule: found a plan of 0 epochs of 0 steps, expected at least one of each")
	warmUp := solvers.Config{Schedule: solvers.ScheduleConfig{WarmUpEpochs: 4}}
	_, err = warmUp.New(plan())
	wantError(t, err, "schedule.warmup_epochs: found 4, expected less than the 4 epochs of the training")
	if _, ok := err.(*fault.Error); !ok {
		t.Errorf("found %T, expected *fault.Error", err)
	}
}

func TestDefaultsDoNotReachIntoTheConfig(t *testing.T) {
	config := solvers.Config{Name: "adam"}
	*config.WithDefaults().Beta1 = 0.5
	if config.Beta1 != nil || *config.WithDefaults().Beta1 != 0.9 {
		t.Error("found a change of the config or of the defaults")
	}
}

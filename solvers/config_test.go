package solvers_test

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer/experiment/yamlconf"
)

func TestDefaultsWrittenOut(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"":         "name: adam\nlearning_rate: 0.001\nbeta1: 0.9\nbeta2: 0.999\nepsilon: 1e-08\n",
		"sgd":      "name: sgd\nlearning_rate: 0.01\n",
		"momentum": "name: momentum\nlearning_rate: 0.01\nmomentum: 0.9\nform: ema\n",
		"nesterov": "name: nesterov\nlearning_rate: 0.01\nmomentum: 0.9\nform: ema\n",
		"adagrad":  "name: adagrad\nlearning_rate: 0.01\nepsilon: 1e-10\n",
		"rmsprop":  "name: rmsprop\nlearning_rate: 0.001\nmomentum: 0.0\nrho: 0.9\nepsilon: 1e-08\ncentered: false\n",
		"gd":       "name: gd\nlearning_rate: 0.01\n",
		"adadelta": "name: adadelta\nlearning_rate: 1.0\nrho: 0.9\nepsilon: 1e-06\n",
		"nadam":    "name: nadam\nlearning_rate: 0.002\nbeta1: 0.9\nbeta2: 0.999\nmomentum_decay: 0.004\nepsilon: 1e-08\n",
		"lion":     "name: lion\nlearning_rate: 0.0001\nbeta1: 0.9\nbeta2: 0.99\nweight_decay: 0.0\n",
		"rprop":    "name: rprop\nlearning_rate: 0.01\ngrowth: 1.2\nshrinkage: 0.5\nmin_step: 1e-06\nmax_step: 50.0\n",
		"asgd":     "name: asgd\nlearning_rate: 0.01\ntrigger: 5\naverage_after: 1000000.0\n",
		"adam":     "name: adam\nlearning_rate: 0.001\nbeta1: 0.9\nbeta2: 0.999\nepsilon: 1e-08\n",
		"adamw":    "name: adamw\nlearning_rate: 0.001\nbeta1: 0.9\nbeta2: 0.999\nepsilon: 1e-08\nweight_decay: 0.01\n",
	} {
		found, err := yamlconf.Marshal(solvers.Config{Name: name}.WithDefaults())
		if err != nil {
			t.Fatal(err)
		}
		want += "schedule:\n  name: constant\n  per: step\n  warmup_epochs: 0.0\ncentralize: false\n" +
			"clip_value: 0.0\nclip_param_norm: 0.0\nclip_adaptive: 0.0\nclip_norm: 0.0\nl1: 0.0\nl2: 0.0\n"
		if string(found) != want {
			t.Errorf("%q: found\n%s\nexpected\n%s", name, found, want)
		}
	}
}

// TestDefaultsAreValid also reads every defaulted config back from its file.
func TestDefaultsAreValid(t *testing.T) {
	t.Parallel()
	for _, name := range append(solvers.Names(), "") {
		for _, schedule := range append(solvers.ScheduleNames(), "") {
			config := solvers.Config{
				Name: name, Schedule: solvers.ScheduleConfig{Name: schedule},
				Spikes: new(solvers.SpikeConfig{}), GradientNoise: new(solvers.GradientNoiseConfig{}), Lookahead: new(solvers.LookaheadConfig{}),
			}
			if schedule == solvers.ScheduleChain {
				config.Schedule.Parts = []solvers.SchedulePart{{Epochs: 1}, {Schedule: solvers.ScheduleConfig{Name: solvers.ScheduleCosine}}}
			}
			config = config.WithDefaults()
			if faults := config.Validate(); len(faults) > 0 {
				t.Errorf("%s, %s: found %v", name, schedule, faults.Err())
			}
			if again := config.WithDefaults(); !reflect.DeepEqual(again, config) {
				t.Errorf("%s, %s: found other defaults the second time: %+v", name, schedule, again)
			}
			text, err := yamlconf.Marshal(config)
			if err != nil {
				t.Fatal(err)
			}
			var read solvers.Config
			parse(t, string(text), &read)
			if !reflect.DeepEqual(read, config) {
				t.Errorf("found %+v after\n%s", read, text)
			}
		}
	}
}

// TestZeroIsNotADefault of an option for which 0 means something.
func TestZeroIsNotADefault(t *testing.T) {
	t.Parallel()
	var config solvers.Config
	parse(t, "{name: adamw, beta1: 0, weight_decay: 0, schedule: {name: cosine, final: 0}}", &config)
	config = config.WithDefaults()
	if *config.Beta1 != 0 || *config.WeightDecay != 0 || *config.Schedule.Final != 0 {
		t.Errorf("found %v, %v and %v, expected zeros", *config.Beta1, *config.WeightDecay, *config.Schedule.Final)
	}
	if faults := config.Validate(); len(faults) > 0 {
		t.Error(faults.Err())
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for name, c := range map[string]struct {
		config solvers.Config
		want   []string
	}{
		"unknown solver": {solvers.Config{Name: "adm", LearningRate: -1}, []string{
			`name: found "adm", expected one of [gd sgd momentum nesterov adagrad adadelta rmsprop adam amsgrad adamw nadam radam adabelief lion rprop asgd]`,
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
			Penalties: map[graph.Role]solvers.PenaltyConfig{graph.RoleBias: {L1: -1, L2: nan}, "kernels": {}}}, []string{
			"clip_value: found +Inf, expected a finite number of at least 0",
			"clip_norm: found -1, expected a finite number of at least 0",
			"l1: found NaN, expected a number from 0 to 100",
			"l2: found 1e+09, expected a number from 0 to 100",
			"penalties.bias.l1: found -1, expected a number from 0 to 100",
			"penalties.bias.l2: found NaN, expected a number from 0 to 100",
			`penalties: found "kernels", expected one of [kernel recurrent_kernel bias embedding scale state]`,
		}},
		"unknown schedule": {solvers.Config{Schedule: solvers.ScheduleConfig{Name: "stairs", WarmUpEpochs: -1}}, []string{
			`schedule.name: found "stairs", expected one of [constant exponential step multi_step inverse_time linear polynomial cosine cosine_restarts one_cycle cyclic chain]`,
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
		"ranges of linear": {solvers.Config{Schedule: solvers.ScheduleConfig{Name: "linear", Final: new(-1.5), WarmUpEpochs: nan}}, []string{
			"schedule.final: found -1.5, expected a number from 0 to 100",
			"schedule.warmup_epochs: found NaN, expected a number of epochs above 0, at most 1e6",
		}},
		"what rules do not have": {solvers.Config{Name: "lion", Epsilon: new(0.1), Centered: new(false), Trigger: new(3), Growth: new(2.0),
			MomentumSchedule: new(solvers.ScheduleConfig{}), WeightDecaySchedule: new(solvers.ScheduleConfig{})}, []string{
			"epsilon: found 0.1, expected null or left out: lion has no epsilon",
			"centered: found false, expected null or left out: lion has no centered",
			"growth: found 2, expected null or left out: lion has no growth",
			"trigger: found 3, expected null or left out: lion has no trigger",
			`momentum_schedule: found "constant", expected null or left out: lion has no momentum`,
			`weight_decay_schedule: found "constant", expected null or left out: weight_decay is 0`,
		}},
		"rprop": {solvers.Config{Name: "rprop", Growth: new(0.9), Shrinkage: new(0.0), MinStep: new(1.0), MaxStep: new(0.5)}, []string{
			"growth: found 0.9, expected a number from 1 to 100",
			"shrinkage: found 0, expected a number above 0, at most 1",
			"min_step: found 1, expected at most max_step, which is 0.5",
		}},
		"asgd": {solvers.Config{Name: "asgd", Trigger: new(0), AverageAfter: new(nan)}, []string{
			"trigger: found 0, expected a whole number from 1 to 1e9",
			"average_after: found NaN, expected a number of epochs from 0 to 1e6",
		}},
		"sections": {solvers.Config{
			Spikes:        new(solvers.SpikeConfig{Policy: "jump", Threshold: 1, Decay: new(1.0), WarmUpSteps: -1}),
			GradientNoise: new(solvers.GradientNoiseConfig{Variance: -1, Decay: new(2.0)}),
			Lookahead:     new(solvers.LookaheadConfig{Steps: -1, Rate: 2}),
			ClipParamNorm: -1, ClipAdaptive: -1,
		}, []string{
			`spikes.policy: found "jump", expected one of [skip shrink stop]`,
			"spikes.threshold: found 1, expected a finite number above 1",
			"spikes.decay: found 1, expected a number of at least 0, below 1",
			"spikes.warmup_steps: found -1, expected a whole number from 1 to 1e9",
			"clip_param_norm: found -1, expected a finite number of at least 0",
			"clip_adaptive: found -1, expected a finite number of at least 0",
			"gradient_noise.variance: found -1, expected a finite number above 0",
			"gradient_noise.decay: found 2, expected a number from 0 to 1",
			"lookahead.steps: found -1, expected a whole number from 1 to 1e9",
			"lookahead.rate: found 2, expected a number above 0, at most 1",
		}},
		"averages": {solvers.Config{Average: new(solvers.AverageConfig{Kind: "mean", Decay: new(1.0), After: new(-1.0)})}, []string{
			`average.kind: found "mean", expected one of [ema swa]`,
			"average.decay: found 1, expected a number between 0 and 1",
			"average.after: found -1, expected a number of epochs from 0 to 1e6",
		}},
		"average of swa": {solvers.Config{Average: new(solvers.AverageConfig{Kind: "swa", Decay: new(0.9)})}, []string{
			"average.decay: found 0.9, expected null or left out: swa has no decay",
		}},
		"two averages": {solvers.Config{Name: "asgd", Average: new(solvers.AverageConfig{})}, []string{
			`average: found "a section", expected null or left out: asgd has its own averages`,
		}},
		"groups": {solvers.Config{Groups: []solvers.Group{
			{},
			{Roles: []graph.Role{"kernels"}, Names: []string{"a[", ""}, Freeze: true, WeightDecay: new(-1.0), LearningRateFactor: new(0.0)},
			{Names: []string{"gru0"}},
		}}, []string{
			`groups.0: found "neither roles nor names", expected at least one of them`,
			`groups.0: found "a group like all others", expected learning_rate_factor, weight_decay or freeze`,
			`groups.1.roles: found "kernels", expected one of [kernel recurrent_kernel bias embedding scale state]`,
			`groups.1.names: found "a[", expected a name or a pattern`,
			`groups.1.names: found "", expected a name or a pattern`,
			"groups.1.learning_rate_factor: found 0, expected a number above 0, at most 1e6",
			"groups.1.weight_decay: found -1, expected a number from 0 to 100",
			"groups.1.freeze: found true, expected false, or neither learning_rate_factor nor weight_decay",
			"groups.1.weight_decay: found -1, expected null or left out: adam has no weight_decay",
			`groups.2: found "a group like all others", expected learning_rate_factor, weight_decay or freeze`,
		}},
		"ranges of cycles": {solvers.Config{Schedule: solvers.ScheduleConfig{Name: "cyclic", Initial: new(-1.0), Rise: new(1.0), Stretch: new(2.0), Per: "week"}}, []string{
			"schedule.initial: found -1, expected a number from 0 to 100",
			"schedule.stretch: found 2, expected null or left out: the schedule cyclic has no stretch",
			"schedule.rise: found 1, expected a number between 0 and 1",
			`schedule.per: found "week", expected one of [step epoch]`,
		}},
		"ranges of milestones": {solvers.Config{Schedule: solvers.ScheduleConfig{Name: "multi_step", At: []float64{3, 3}}}, []string{
			"schedule.at: found [3 3], expected epochs above 0, at most 1e6, each later than the one before",
		}},
		"parts without a chain": {solvers.Config{Schedule: solvers.ScheduleConfig{Name: "linear", At: []float64{3}, Parts: []solvers.SchedulePart{{}}}}, []string{
			"schedule.at: found [3], expected null or left out: the schedule linear has no at",
			`schedule.parts: found "1 parts", expected null or left out: the schedule linear has no parts`,
		}},
		"a chain without parts": {solvers.Config{Schedule: solvers.ScheduleConfig{Name: "chain"}}, []string{
			`schedule.parts: found "0 parts", expected at least two`,
		}},
		"parts of a chain": {solvers.Config{Schedule: solvers.ScheduleConfig{Name: "chain", Parts: []solvers.SchedulePart{
			{From: -1}, {Epochs: 2, Schedule: solvers.ScheduleConfig{Name: "chain"}}, {Epochs: 3, Schedule: solvers.ScheduleConfig{Name: "step", Power: new(1.0)}},
		}}}, []string{
			"schedule.parts.0.epochs: found 0, expected a number of epochs above 0, at most 1e6",
			"schedule.parts.0.from: found -1, expected a number above 0, at most 1e6",
			`schedule.parts.1.schedule.name: found "chain", expected any other: a chain has no chains`,
			"schedule.parts.2.epochs: found 3, expected null or left out: the last part lasts to the end",
			"schedule.parts.2.schedule.power: found 1, expected null or left out: the schedule step has no power",
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
	t.Parallel()
	step := solvers.Config{Schedule: solvers.ScheduleConfig{Name: "step"}}
	_, err := step.New(solvers.Plan{})
	wantError(t, err, "schedule: found a plan of 0 epochs of 0 steps, expected at least one of each")
	warmUp := solvers.Config{Schedule: solvers.ScheduleConfig{WarmUpEpochs: 4}}
	_, err = warmUp.New(plan())
	wantError(t, err, "schedule.warmup_epochs: found 4, expected less than the 4 epochs of the training")
	chain := solvers.Config{Schedule: solvers.ScheduleConfig{Name: "chain", Parts: []solvers.SchedulePart{
		{Epochs: 3, Schedule: solvers.ScheduleConfig{WarmUpEpochs: 3}}, {Epochs: 2}, {},
	}}}
	_, err = chain.New(plan())
	wantError(t, err, "schedule.parts.0.schedule.warmup_epochs: found 3, expected less than the 3 epochs of the part",
		"schedule.parts.1.epochs: found 2, expected less than the 1 epochs that are left")
	_, err = solvers.Config{Name: "gd"}.New(plan())
	wantError(t, err, `name: found "gd", expected sgd, or a batch of all sequences: there are 3 steps per epoch`)
	_, err = solvers.Config{Name: "asgd", AverageAfter: new(2.0)}.New(solvers.Plan{})
	wantError(t, err, "average_after: found 2, expected a plan that says how many steps an epoch has")
	_, err = solvers.Config{GradientNoise: new(solvers.GradientNoiseConfig{})}.New(plan())
	wantError(t, err, `gradient_noise: found "a plan without streams", expected the streams of the run`)
	_, err = solvers.Config{Name: "sgd", MomentumSchedule: nil}.LearningRates(plan())
	if err != nil {
		t.Error(err)
	}
	momentum := solvers.Config{Name: "momentum", MomentumSchedule: new(solvers.ScheduleConfig{Name: "linear", Final: new(1.2)})}
	_, err = momentum.New(plan())
	wantError(t, err, `momentum_schedule: found "a momentum of 1.005`, "expected less than 1")
	if _, ok := err.(*fault.Error); !ok {
		t.Errorf("found %T, expected *fault.Error", err)
	}
}

func TestDefaultsDoNotReachIntoTheConfig(t *testing.T) {
	t.Parallel()
	config := solvers.Config{Name: "adam"}
	*config.WithDefaults().Beta1 = 0.5
	if config.Beta1 != nil || *config.WithDefaults().Beta1 != 0.9 {
		t.Error("found a change of the config or of the defaults")
	}
}

package solvers_test

import (
	"math"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/solvers"
)

// everything is one config of each solver with every stage of the chain in use, but for noise.
func everything() []solvers.Config {
	var configs []solvers.Config
	for _, name := range solvers.Names() {
		config := solvers.Config{
			Name: name, Centralize: true, ClipValue: 1.5, ClipParamNorm: 3, ClipAdaptive: 0.9, ClipNorm: 4, L1: 1e-3, L2: 1e-2,
			Spikes:    new(solvers.SpikeConfig{Policy: solvers.ShrinkSpikes, Threshold: 1.01, WarmUpSteps: 2}),
			Penalties: map[graph.Role]solvers.PenaltyConfig{graph.RoleBias: {L2: 1e-3}},
			Schedule:  solvers.ScheduleConfig{Name: solvers.ScheduleCosine, WarmUpEpochs: 1},
			Groups: []solvers.Group{
				{Roles: []graph.Role{graph.RoleBias}, LearningRateFactor: new(0.5)},
				{Names: []string{"tokens"}, LearningRateFactor: new(2.0)},
			},
			Lookahead: new(solvers.LookaheadConfig{Steps: 4}),
		}
		if name != solvers.NameASGD {
			config.Average = new(solvers.AverageConfig{Decay: new(0.5)})
		}
		defaults := config.WithDefaults()
		if defaults.Centered != nil {
			config.Centered, config.Momentum = new(true), new(0.5)
		}
		if defaults.Momentum != nil {
			config.MomentumSchedule = new(solvers.ScheduleConfig{Name: solvers.ScheduleLinear})
		}
		if defaults.WeightDecay != nil {
			config.WeightDecay = new(0.1)
			config.WeightDecaySchedule = new(solvers.ScheduleConfig{Name: solvers.ScheduleLinear})
			config.Groups[0].WeightDecay = new(0.2)
		}
		if defaults.AverageAfter != nil {
			config.AverageAfter = new(1.0)
		}
		configs = append(configs, config)
	}
	return configs
}

// planOf is plan, in a step per epoch for what insists on that.
func planOf(config solvers.Config) solvers.Plan {
	if config.Name == solvers.NameGD {
		return solvers.Plan{StepsPerEpoch: 1, Epochs: 12}
	}
	return plan()
}

func plan() solvers.Plan { return solvers.Plan{StepsPerEpoch: 3, Epochs: 4} }

func TestRestoreGoesOnBitForBit(t *testing.T) {
	t.Parallel()
	for _, config := range everything() {
		for _, dtype := range dtypes() {
			t.Run(config.Name+"/"+dtype.String(), func(t *testing.T) {
				params, streams := sample(t, dtype), graph.NewStreams(3)
				solver := newSolver(t, config, planOf(config))
				for range 5 {
					step(t, solver, draw(t, params, streams)...)
				}
				if err := solver.ScaleLearningRate(0.3); err != nil {
					t.Fatal(err)
				}

				resumed := sample(t, dtype)
				for i, p := range resumed {
					if err := tensor.Copy(p.Value, params[i].Value); err != nil {
						t.Fatal(err)
					}
				}
				randoms, err := streams.State()
				if err != nil {
					t.Fatal(err)
				}
				resumedStreams := graph.NewStreams(3)
				if err := resumedStreams.Restore(randoms); err != nil {
					t.Fatal(err)
				}
				other := newSolver(t, config, planOf(config))
				if err := other.Init(resumed); err != nil {
					t.Fatal(err)
				}
				saved := solver.State()
				step(t, solver, draw(t, params, streams)...) // must not reach into what was saved
				if err := other.Restore(saved); err != nil {
					t.Fatal(err)
				}
				step(t, other, draw(t, resumed, resumedStreams)...)
				for range 4 {
					step(t, solver, draw(t, params, streams)...)
					step(t, other, draw(t, resumed, resumedStreams)...)
				}
				for i, p := range params {
					if found, want := floats(resumed[i].Value), floats(p.Value); !slices.Equal(found, want) {
						t.Errorf("%s: found %v, expected %v", p.Name, found, want)
					}
				}
				if other.Steps() != 10 || other.LearningRate() != solver.LearningRate() {
					t.Errorf("found %d steps and learning rate %v, expected 10 and %v", other.Steps(), other.LearningRate(), solver.LearningRate())
				}
			})
		}
	}
}

func TestStateKeys(t *testing.T) {
	t.Parallel()
	params := sample(t, tensor.Float32)[:1]
	solver := newSolver(t, solvers.Config{ClipNorm: 1}, solvers.Plan{})
	step(t, solver, draw(t, params, graph.NewStreams(1))...)
	found := map[string]string{}
	for key, v := range solver.State() {
		found[key] = v.Dtype().String()
		if v.Dims() == 0 {
			t.Errorf("%s: found a scalar, expected a tensor with a shape", key)
		}
	}
	for key, want := range map[string]string{
		"step": "float64", "adam/m/gru0/kernel": "float32", "adam/v/gru0/kernel": "float32",
		"scale_by_learning_rate/factor": "float64",
	} {
		if found[key] != want {
			t.Errorf("%s: found %q, expected %q", key, found[key], want)
		}
		delete(found, key)
	}
	if len(found) > 0 {
		t.Errorf("found %v besides", found)
	}
}

func TestRestoreRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	params := sample(t, tensor.Float32)
	solver := newSolver(t, solvers.Config{}, solvers.Plan{})
	wantError(t, solver.Restore(solvers.State{}), "Init before Restore")
	step(t, solver, draw(t, params, graph.NewStreams(1))...)
	number := func(v float64) *tensor.Dense {
		return tensor.New(tensor.WithShape(1), tensor.WithBacking([]float64{v}))
	}
	for name, c := range map[string]struct {
		damage func(solvers.State)
		parts  []string
	}{
		"all kinds at once": {func(s solvers.State) {
			delete(s, "adam/m/gru0/bias")
			s["adam/x"] = number(1)
			s["adam/v/gru0/bias"] = number(1)
			s["adam/m/gru0/kernel"] = tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(9, 4))
		}, []string{
			"adam/m/gru0/bias: found nothing, expected float32 [9]",
			"adam/x: found float64 [1], expected nothing",
			"adam/v/gru0/bias: found float64 [1], expected float32 [9]",
			"adam/m/gru0/kernel: found float32 [9 4], expected float32 [4 9]",
		}},
		"fraction of a step": {func(s solvers.State) { s["step"] = number(1.5) }, []string{"step: found 1.5"}},
		"negative step":      {func(s solvers.State) { s["step"] = number(-1) }, []string{"step: found -1"}},
		"step NaN":           {func(s solvers.State) { s["step"] = number(math.NaN()) }, []string{"step: found NaN"}},
		"factor NaN": {func(s solvers.State) {
			s["scale_by_learning_rate/factor"] = number(math.NaN())
			s["adam/m/gru0/bias"].Zero()
		}, []string{"scale_by_learning_rate", "found NaN"}},
	} {
		t.Run(name, func(t *testing.T) {
			before, damaged := solver.State(), solver.State()
			c.damage(damaged)
			wantError(t, solver.Restore(damaged), c.parts...)
			for key, v := range solver.State() {
				if !slices.Equal(floats(v), floats(before[key])) {
					t.Errorf("%s: found a change after a refused Restore", key)
				}
			}
		})
	}
}

// TestOrderOfGradients includes the last bit of the global norm, which float32 would hide.
func TestOrderOfGradients(t *testing.T) {
	t.Parallel()
	for _, config := range everything() {
		one, other := sample(t, tensor.Float64), sample(t, tensor.Float64)
		oneStreams, otherStreams := graph.NewStreams(3), graph.NewStreams(3)
		oneSolver, otherSolver := newSolver(t, config, planOf(config)), newSolver(t, config, planOf(config))
		for range 20 { // a reordered sum has other bits now and then only
			step(t, oneSolver, draw(t, one, oneStreams)...)
			gradients := draw(t, other, otherStreams)
			slices.Reverse(gradients)
			step(t, otherSolver, gradients...)
		}
		for i := range one {
			if !slices.Equal(floats(one[i].Value), floats(other[i].Value)) {
				t.Errorf("%s: %s depends on the order of the gradients", config.Name, one[i].Name)
			}
		}
	}
}

func TestParameterLeftOutStays(t *testing.T) {
	t.Parallel()
	params := sample(t, tensor.Float64)
	solver := newSolver(t, solvers.Config{Name: solvers.NameMomentum}, solvers.Plan{})
	step(t, solver, draw(t, params, graph.NewStreams(1))...)
	value, state := floats(params[0].Value), solver.State()
	step(t, solver, draw(t, params[1:], graph.NewStreams(2))...)
	if !slices.Equal(floats(params[0].Value), value) {
		t.Error("found another value")
	}
	key := "momentum/v/" + params[0].Name
	if !slices.Equal(floats(solver.State()[key]), floats(state[key])) {
		t.Error("found another velocity")
	}
}

func TestFrozenParametersHaveNoState(t *testing.T) {
	t.Parallel()
	params := sample(t, tensor.Float64)
	params[0].Frozen = true
	solver := newSolver(t, solvers.Config{}, solvers.Plan{})
	if err := solver.Init(params); err != nil {
		t.Fatal(err)
	}
	if _, ok := solver.State()["adam/m/"+params[0].Name]; ok {
		t.Error("found state of a frozen parameter")
	}
	step(t, solver, draw(t, params[1:], graph.NewStreams(1))...)
}

func TestStepTakesPointers(t *testing.T) {
	t.Parallel()
	params := sample(t, tensor.Float64)[:1]
	solver := newSolver(t, solvers.Config{Name: solvers.NameSGD, LearningRate: 1}, solvers.Plan{})
	gradient := newGradient(t, params[0], floats(params[0].Value))
	if err := solver.Step([]gorgonia.ValueGrad{&gradient}); err != nil {
		t.Fatal(err)
	}
	if found := floats(params[0].Value); slices.ContainsFunc(found, func(v float64) bool { return v != 0 }) {
		t.Errorf("found %v, expected zeros: value - 1·value", found)
	}
}

func TestStepRefuses(t *testing.T) {
	t.Parallel()
	params := sample(t, tensor.Float32)
	ready := func() []graph.Gradient { return draw(t, params, graph.NewStreams(1)) }
	stranger := newParam(t, tensor.Float32, "stranger", graph.RoleKernel, nil, 2)
	for name, c := range map[string]struct {
		model func() []gorgonia.ValueGrad
		parts []string
	}{
		"nothing": {func() []gorgonia.ValueGrad { return nil }, []string{"found no gradients"}},
		"a node": {func() []gorgonia.ValueGrad {
			return []gorgonia.ValueGrad{gorgonia.NewScalar(gorgonia.NewGraph(), tensor.Float32, gorgonia.WithName("w"))}
		}, []string{"gradient 0: found *gorgonia.Node, expected graph.Gradient"}},
		"an empty gradient": {func() []gorgonia.ValueGrad { return []gorgonia.ValueGrad{graph.Gradient{}} }, []string{"gradient 0: found no parameter"}},
		"a new parameter": {func() []gorgonia.ValueGrad {
			return []gorgonia.ValueGrad{newGradient(t, stranger, nil)}
		}, []string{"parameter stranger: found a gradient of it in step 1"}},
		"another parameter of that name": {func() []gorgonia.ValueGrad {
			return []gorgonia.ValueGrad{draw(t, sample(t, tensor.Float32), graph.NewStreams(1))[0]}
		}, []string{"parameter gru0/kernel: found a gradient of it in step 1"}},
		"twice": {func() []gorgonia.ValueGrad {
			return []gorgonia.ValueGrad{ready()[0], ready()[1], ready()[0]}
		}, []string{"parameter gru0/kernel: found two gradients"}},
		"wrong shape": {func() []gorgonia.ValueGrad {
			return []gorgonia.ValueGrad{graph.Gradient{Param: params[0], Tensor: tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(9, 4))}}
		}, []string{"gradient of gru0/kernel: found float32 [9 4], expected float32 [4 9]"}},
		"wrong dtype": {func() []gorgonia.ValueGrad {
			return []gorgonia.ValueGrad{graph.Gradient{Param: params[0], Tensor: tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(4, 9))}}
		}, []string{"found float64 [4 9], expected float32 [4 9]"}},
		"a transposed view": {func() []gorgonia.ValueGrad {
			g := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(9, 4))
			if err := g.T(); err != nil {
				t.Fatal(err)
			}
			return []gorgonia.ValueGrad{graph.Gradient{Param: params[0], Tensor: g}}
		}, []string{"found a view of float32 [4 9], expected float32 [4 9]"}},
		"norm not finite": {func() []gorgonia.ValueGrad {
			g := ready()[0]
			g.Tensor.Float32s()[3] = float32(math.Inf(-1))
			return []gorgonia.ValueGrad{g}
		}, []string{"step 1: clip_by_global_norm", "found +Inf, expected a finite number"}},
	} {
		t.Run(name, func(t *testing.T) {
			solver := newSolver(t, solvers.Config{ClipNorm: 1}, solvers.Plan{})
			step(t, solver, ready()...)
			before := floats(params[0].Value)
			wantError(t, solver.Step(c.model()), c.parts...)
			if !slices.Equal(floats(params[0].Value), before) || solver.Steps() != 1 {
				t.Error("found a change after a refused step")
			}
		})
	}
}

func TestInitRefuses(t *testing.T) {
	t.Parallel()
	params := sample(t, tensor.Float32)
	frozen := sample(t, tensor.Float32)[:1]
	frozen[0].Frozen = true
	biases := []*graph.Param{newParam(t, tensor.Float32, "bias", graph.RoleBias, nil, 2)}
	ints := []*graph.Param{{Name: "ids", Role: graph.RoleKernel, Value: tensor.New(tensor.Of(tensor.Int), tensor.WithShape(2))}}
	rate := &solvers.ScaleByLearningRate{Schedule: solvers.Constant(0.1)}
	for name, c := range map[string]struct {
		chain  []solvers.Transform
		params []*graph.Param
		parts  []string
	}{
		"equal names":      {nil, []*graph.Param{params[0], params[0]}, []string{"two parameters have the name gru0/kernel"}},
		"all frozen":       {nil, frozen, []string{"found no parameters to train"}},
		"integers":         {nil, ints, []string{"parameter ids: found dtype int"}},
		"clip value":       {[]solvers.Transform{&solvers.ClipByValue{Max: math.NaN()}}, params, []string{"clip_by_value", "max: found NaN"}},
		"clip norm":        {[]solvers.Transform{&solvers.ClipByNorm{}}, params, []string{"clip_by_norm", "max: found 0"}},
		"clip global norm": {[]solvers.Transform{&solvers.ClipByGlobalNorm{Max: -1}}, params, []string{"clip_by_global_norm", "max: found -1"}},
		"penalty":          {[]solvers.Transform{&solvers.AddPenalty{L1: -1, L2: math.Inf(1)}}, params, []string{"l1: found -1", "l2: found +Inf"}},
		"penalty of biases": {[]solvers.Transform{&solvers.AddPenalty{L2: 1}}, biases, []string{
			"roles: found no parameter to train with one of them, expected some of [kernel recurrent_kernel embedding]"}},
		"penalty of a role": {[]solvers.Transform{&solvers.AddPenalty{L2: 1, Roles: []graph.Role{graph.RoleState}}}, params, []string{
			"expected some of [state]"}},
		"momentum":  {[]solvers.Transform{&solvers.Momentum{Momentum: 1}}, params, []string{"momentum: found 1", `form: found "", expected one of [ema classical]`}},
		"adagrad":   {[]solvers.Transform{&solvers.AdaGrad{}}, params, []string{"epsilon: found 0"}},
		"rmsprop":   {[]solvers.Transform{&solvers.RMSProp{Rho: 1.1}}, params, []string{"rho: found 1.1", "epsilon: found 0"}},
		"adam":      {[]solvers.Transform{&solvers.Adam{Beta1: 1, Beta2: -1, Epsilon: 2}}, params, []string{"beta1: found 1", "beta2: found -1", "epsilon: found 2"}},
		"decay":     {[]solvers.Transform{&solvers.AddDecayedWeights{Decay: -1}}, params, []string{"decay: found -1"}},
		"adadelta":  {[]solvers.Transform{&solvers.AdaDelta{Rho: 1}}, params, []string{"rho: found 1", "epsilon: found 0"}},
		"amsgrad":   {[]solvers.Transform{&solvers.AMSGrad{Beta1: 1}}, params, []string{"beta1: found 1", "epsilon: found 0"}},
		"nadam":     {[]solvers.Transform{&solvers.NAdam{Beta2: 1, MomentumDecay: -1}}, params, []string{"beta2: found 1", "momentum_decay: found -1"}},
		"radam":     {[]solvers.Transform{&solvers.RAdam{Beta2: math.NaN()}}, params, []string{"beta2: found NaN", "epsilon: found 0"}},
		"adabelief": {[]solvers.Transform{&solvers.AdaBelief{Beta1: -1}}, params, []string{"beta1: found -1", "epsilon: found 0"}},
		"lion":      {[]solvers.Transform{&solvers.Lion{Beta1: 1, Beta2: 2}}, params, []string{"beta1: found 1", "beta2: found 2"}},
		"rprop": {[]solvers.Transform{&solvers.Rprop{Growth: 0.5, Min: 2, Max: 1}}, params, []string{
			"growth: found 0.5", "shrinkage: found 0", "min: found 2, expected at most max, which is 1"}},
		"average":       {[]solvers.Transform{&solvers.AverageWeights{Trigger: -1, After: -1, Decay: 1, Every: -1}}, params, []string{"trigger: found -1", "after: found -1", "decay: found 1", "every: found -1"}},
		"lookahead":     {[]solvers.Transform{&solvers.Lookahead{Rate: 2}}, params, []string{"steps: found 0", "rate: found 2"}},
		"clip adaptive": {[]solvers.Transform{&solvers.ClipAdaptive{}}, params, []string{"clip_adaptive: max: found 0"}},
		"spikes": {[]solvers.Transform{&solvers.GuardSpikes{}}, params, []string{
			`policy: found "", expected one of [skip shrink stop]`, "threshold: found 0", "warmup_steps: found 0"}},
	} {
		t.Run(name, func(t *testing.T) {
			solver, err := solvers.New(append(c.chain, rate)...)
			if err != nil {
				t.Fatal(err)
			}
			wantError(t, solver.Init(c.params), c.parts...)
		})
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	rate := &solvers.ScaleByLearningRate{Schedule: solvers.Constant(0.1)}
	_, err := solvers.New()
	wantError(t, err, "found no ScaleByLearningRate")
	_, err = solvers.New(rate, &solvers.Adam{}, rate)
	wantError(t, err, "transform 2: found a second ScaleByLearningRate")
	_, err = solvers.New(nil, rate)
	wantError(t, err, "transform 0: found nil")
	_, err = solvers.New(&solvers.ScaleByLearningRate{})
	wantError(t, err, "transform 0: found ScaleByLearningRate without a schedule")
}

func TestLearningRate(t *testing.T) {
	t.Parallel()
	params := sample(t, tensor.Float64)[:1]
	solver := newSolver(t, solvers.Config{
		Name: solvers.NameSGD, LearningRate: 0.5,
		Schedule: solvers.ScheduleConfig{Name: solvers.ScheduleStep, Every: new(1.0), Factor: new(0.1)},
	}, solvers.Plan{StepsPerEpoch: 2, Epochs: 3})
	for i, want := range []float64{0.5, 0.5, 0.05, 0.025, 0.0025} {
		if i == 3 {
			if err := solver.ScaleLearningRate(0.25); err != nil {
				t.Fatal(err)
			}
			if err := solver.ScaleLearningRate(2); err != nil {
				t.Fatal(err)
			}
		}
		if found := solver.LearningRate(); !near(found, want, 1e-15) {
			t.Errorf("step %d: found %v, expected %v", i, found, want)
		}
		before := floats(params[0].Value)
		ones := slices.Repeat([]float64{1}, params[0].Size())
		step(t, solver, newGradient(t, params[0], ones))
		for j, v := range floats(params[0].Value) {
			if !near(before[j]-v, want, 1e-15) {
				t.Errorf("step %d: found a change of %v, expected %v", i, before[j]-v, want)
			}
		}
	}
	for _, factor := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		wantError(t, solver.ScaleLearningRate(factor), "factor of the learning rate")
	}
}

func TestLearningRateOfBadSchedule(t *testing.T) {
	t.Parallel()
	params := sample(t, tensor.Float64)[:1]
	for _, rate := range []float64{-1, math.NaN(), math.Inf(1)} {
		solver, err := solvers.New(&solvers.ScaleByLearningRate{Schedule: solvers.Constant(rate)})
		if err != nil {
			t.Fatal(err)
		}
		err = solver.Step([]gorgonia.ValueGrad{draw(t, params, graph.NewStreams(1))[0]})
		wantError(t, err, "step 0: scale_by_learning_rate: learning rate: found")
	}
}

// TestFactorsOutOfRange fail at their step, before a parameter is changed.
func TestFactorsOutOfRange(t *testing.T) {
	t.Parallel()
	grows := solvers.Linear(1, -3, 4)
	for name, c := range map[string]struct {
		transform solvers.Transform
		part      string
	}{
		"momentum": {&solvers.Momentum{Momentum: 0.5, Form: solvers.EMA, Factor: grows}, "step 2: momentum: momentum: found -0.5, expected"},
		"decay":    {&solvers.AddDecayedWeights{Decay: 0.5, Factor: grows}, "step 2: add_decayed_weights: factor of the decay: found -1, expected"},
	} {
		t.Run(name, func(t *testing.T) {
			solver, err := solvers.New(c.transform, &solvers.ScaleByLearningRate{Schedule: solvers.Constant(1)})
			if err != nil {
				t.Fatal(err)
			}
			params := sample(t, tensor.Float64)
			for range 4 {
				before := floats(params[0].Value)
				var model []gorgonia.ValueGrad
				for _, g := range draw(t, params, graph.NewStreams(1)) {
					model = append(model, g)
				}
				if err = solver.Step(model); err != nil {
					if !slices.Equal(floats(params[0].Value), before) {
						t.Error("found a change")
					}
					break
				}
			}
			wantError(t, err, c.part)
		})
	}
}

// TestSteadyStateAllocatesNothing counts allocations after the first step.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	for _, config := range everything() {
		for _, dtype := range dtypes() {
			gradients := draw(t, sample(t, dtype), graph.NewStreams(1))
			model := make([]gorgonia.ValueGrad, len(gradients))
			for i := range gradients {
				model[i] = &gradients[i]
			}
			solver := newSolver(t, config, planOf(config))
			if found := testing.AllocsPerRun(20, func() {
				if err := solver.Step(model); err != nil {
					t.Fatal(err)
				}
			}); found > 0 {
				t.Errorf("%s, %v: found %v allocations a step, expected none", config.Name, dtype, found)
			}
		}
	}
}

// TestLearningRateLastOrNot compares the addition that scales too, where ScaleByLearningRate ends the chain, with one after
// a transform that changes nothing: the same bits.
func TestLearningRateLastOrNot(t *testing.T) {
	t.Parallel()
	for _, dtype := range dtypes() {
		var found [2][]*graph.Param
		for i, more := range [][]solvers.Transform{nil, {&solvers.ClipByValue{Max: 1e30}}} {
			chain := append([]solvers.Transform{
				&solvers.Momentum{Momentum: 0.9, Form: solvers.EMA}, &solvers.ScaleByLearningRate{Schedule: solvers.Constant(0.3)},
			}, more...)
			solver, err := solvers.New(chain...)
			if err != nil {
				t.Fatal(err)
			}
			found[i] = sample(t, dtype)
			streams := graph.NewStreams(3)
			for range 4 {
				step(t, solver, draw(t, found[i], streams)...)
			}
		}
		for i, p := range found[0] {
			if !slices.Equal(floats(p.Value), floats(found[1][i].Value)) {
				t.Errorf("%v, %s: found %v, expected %v", dtype, p.Name, p.Value, found[1][i].Value)
			}
		}
	}
}

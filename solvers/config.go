package solvers

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
)

// Config is a solver by name. Its chain is
//
//	GuardSpikes → Centralize → ClipByValue → ClipByNorm → ClipAdaptive → ClipByGlobalNorm → AddNoise
//	→ AddPenalty → AddParamPenalty → the named rule → AddDecayedWeights → ScaleByGroup → Lookahead → ScaleByLearningRate
//
// as far as the options ask for it: thresholds limit the gradient of the data's cost, not that of the penalties. Lookahead
// acts after the step.
//
// The zero value is Adam with its defaults. A nil pointer is the default of the named solver; a solver without that
// option rejects a value. Solvers and schedules that are not part of this package come from Extensions.
type Config struct {
	Name          string         `yaml:"name"`                     // one of [Names]; adam
	LearningRate  float64        `yaml:"learning_rate"`            // η, where the schedule begins
	Momentum      *float64       `yaml:"momentum,omitempty"`       // μ of momentum, nesterov and rmsprop
	Form          MomentumForm   `yaml:"form,omitempty"`           // of momentum and nesterov; ema
	Beta1         *float64       `yaml:"beta1,omitempty"`          // β₁ of adam and its relatives
	Beta2         *float64       `yaml:"beta2,omitempty"`          // β₂ of adam and its relatives
	MomentumDecay *float64       `yaml:"momentum_decay,omitempty"` // ψ of nadam
	Rho           *float64       `yaml:"rho,omitempty"`            // ρ of rmsprop (PyTorch has 0.99) and adadelta
	Epsilon       *float64       `yaml:"epsilon,omitempty"`        // ε, which keeps from dividing by 0
	Centered      *bool          `yaml:"centered,omitempty"`       // divides by the deviation of gradients, not by their root mean square
	Growth        *float64       `yaml:"growth,omitempty"`         // of the step size of rprop, while the sign stays
	Shrinkage     *float64       `yaml:"shrinkage,omitempty"`      // of the step size of rprop, when the sign changes
	MinStep       *float64       `yaml:"min_step,omitempty"`       // least step size of rprop
	MaxStep       *float64       `yaml:"max_step,omitempty"`       // greatest step size of rprop
	Trigger       *int           `yaml:"trigger,omitempty"`        // asgd averages weights once the validation loss is worse than its best of more than this many epochs ago
	AverageAfter  *float64       `yaml:"average_after,omitempty"`  // epochs after which asgd averages in any case
	WeightDecay   *float64       `yaml:"weight_decay,omitempty"`   // λ of kernels, recurrent kernels and embeddings
	Schedule      ScheduleConfig `yaml:"schedule"`

	// Options are what a solver of Extensions has in addition to the keys above, as {window: 20}; default: the solver's own.
	Options map[string]float64 `yaml:"options,omitempty"`

	// MomentumSchedule multiplies μ, with the keys of solver.schedule; default nil: none.
	MomentumSchedule *ScheduleConfig `yaml:"momentum_schedule,omitempty"`
	// WeightDecaySchedule multiplies λ, with the keys of solver.schedule; default nil: none.
	WeightDecaySchedule *ScheduleConfig `yaml:"weight_decay_schedule,omitempty"`

	Spikes        *SpikeConfig         `yaml:"spikes,omitempty"`         // what becomes of steps with gradients that are suddenly long
	Centralize    bool                 `yaml:"centralize"`               // takes the mean off the gradient of every unit; false
	ClipValue     float64              `yaml:"clip_value"`               // limit of each number of a gradient; 0: none
	ClipParamNorm float64              `yaml:"clip_param_norm"`          // limit of the norm of each parameter's gradient; 0: none
	ClipAdaptive  float64              `yaml:"clip_adaptive"`            // limit of the norm of a unit's gradient as a part of that of its weights; 0: none
	ClipNorm      float64              `yaml:"clip_norm"`                // limit of the norm of all gradients together; 0: none
	GradientNoise *GradientNoiseConfig `yaml:"gradient_noise,omitempty"` // normal noise that is added to gradients
	L1            float64              `yaml:"l1"`                       // λ₁ of kernels, recurrent kernels and embeddings; 0: none
	L2            float64              `yaml:"l2"`                       // λ₂ of the same; 0: none

	// Penalties are added to L1 and L2 for the parameters of one role, as {bias: {l2: 0.001}}.
	Penalties map[graph.Role]PenaltyConfig `yaml:"penalties,omitempty"`

	// Groups are parameters with a learning rate or a weight decay of their own, or frozen ones.
	Groups []Group `yaml:"groups,omitempty"`
	// Average keeps averages of the weights, which are measured and kept in their place.
	Average *AverageConfig `yaml:"average,omitempty"`
	// Lookahead lets the solver run ahead of slow weights.
	Lookahead *LookaheadConfig `yaml:"lookahead,omitempty"`

	// Extensions are solvers and schedules that Name and the schedules may select in addition to the built-in ones; nil: none.
	Extensions *Extensions `yaml:"-"`
}

// PenaltyConfig is λ₁·Σ|W| + λ₂·ΣW².
type PenaltyConfig struct {
	L1 float64 `yaml:"l1"`
	L2 float64 `yaml:"l2"`
}

// Plan is what a training gives a solver: how long it lasts, for what is told in epochs, and streams, for what is random.
type Plan struct {
	StepsPerEpoch, Epochs int
	Streams               *graph.Streams // only gradient noise needs them
}

func options() []option[Config] {
	return []option[Config]{
		scalar("momentum", func(c *Config) **float64 { return &c.Momentum }, checkDecay),
		scalar("beta1", func(c *Config) **float64 { return &c.Beta1 }, checkDecay),
		scalar("beta2", func(c *Config) **float64 { return &c.Beta2 }, checkDecay),
		scalar("momentum_decay", func(c *Config) **float64 { return &c.MomentumDecay }, checkDecay),
		scalar("rho", func(c *Config) **float64 { return &c.Rho }, checkDecay),
		scalar("epsilon", func(c *Config) **float64 { return &c.Epsilon }, checkEpsilon),
		scalar("centered", func(c *Config) **bool { return &c.Centered }, anyValue),
		scalar("growth", func(c *Config) **float64 { return &c.Growth }, checkGrowth),
		scalar("shrinkage", func(c *Config) **float64 { return &c.Shrinkage }, checkDecayFactor),
		scalar("min_step", func(c *Config) **float64 { return &c.MinStep }, checkThreshold),
		scalar("max_step", func(c *Config) **float64 { return &c.MaxStep }, checkThreshold),
		scalar("trigger", func(c *Config) **int { return &c.Trigger }, checkCount),
		scalar("average_after", func(c *Config) **float64 { return &c.AverageAfter }, checkAfter),
		scalar("weight_decay", func(c *Config) **float64 { return &c.WeightDecay }, checkStrength),
		choice("form", func(c *Config) *MomentumForm { return &c.Form }, checkForm),
	}
}

// WithDefaults returns the config with every option of the named solver filled in.
func (c Config) WithDefaults() Config {
	c.Name = cmp.Or(c.Name, NameAdam)
	preset, _ := c.Extensions.preset(c.Name)
	c.LearningRate = cmp.Or(c.LearningRate, preset.LearningRate)
	fill(options(), &c, &preset)
	c.Options = fillOptions(c.Options, preset.Options)
	c.Schedule = c.Schedule.withDefaults(c.Extensions)
	for _, schedule := range []**ScheduleConfig{&c.MomentumSchedule, &c.WeightDecaySchedule} {
		if *schedule != nil {
			*schedule = new((*schedule).withDefaults(c.Extensions))
		}
	}
	c.Spikes = withDefaults(c.Spikes)
	c.GradientNoise = withDefaults(c.GradientNoise)
	c.Average = withDefaults(c.Average)
	c.Lookahead = withDefaults(c.Lookahead)
	return c
}

func withDefaults[C interface{ WithDefaults() C }](c *C) *C {
	if c == nil {
		return nil
	}
	return new((*c).WithDefaults())
}

// Validate lists every fault of a config whose defaults are filled in.
func (c Config) Validate() fault.List {
	var faults fault.List
	faults.Under("extensions", c.Extensions.Validate())
	preset, known := c.Extensions.preset(c.Name)
	faults.Check(known, "name", c.Name, "one of %v", c.Extensions.Names())
	if known || c.LearningRate != 0 {
		checkRate(&faults, "learning_rate", c.LearningRate)
	}
	if known {
		checkOptions(&faults, options(), &c, &preset, c.Name)
		checkOwn(&faults, c.Options, preset.Options, c.Name)
		c.checkOwners(&faults, &preset)
	}
	if c.MinStep != nil && c.MaxStep != nil {
		faults.Check(!(*c.MinStep > *c.MaxStep), "min_step", *c.MinStep, "at most max_step, which is %v", *c.MaxStep)
	}
	faults.Under("schedule", c.Schedule.validate(c.Extensions))
	if c.MomentumSchedule != nil {
		faults.Under("momentum_schedule", c.MomentumSchedule.validate(c.Extensions))
	}
	if c.WeightDecaySchedule != nil {
		faults.Under("weight_decay_schedule", c.WeightDecaySchedule.validate(c.Extensions))
	}
	under(&faults, "spikes", c.Spikes)
	checkLimit(&faults, "clip_value", c.ClipValue)
	checkLimit(&faults, "clip_param_norm", c.ClipParamNorm)
	checkLimit(&faults, "clip_adaptive", c.ClipAdaptive)
	checkLimit(&faults, "clip_norm", c.ClipNorm)
	under(&faults, "gradient_noise", c.GradientNoise)
	checkStrength(&faults, "l1", c.L1)
	checkStrength(&faults, "l2", c.L2)
	for _, role := range slices.Sorted(maps.Keys(c.Penalties)) {
		path := "penalties." + string(role)
		faults.Check(slices.Contains(roles(), role), "penalties", string(role), "one of %v", roles())
		checkStrength(&faults, path+".l1", c.Penalties[role].L1)
		checkStrength(&faults, path+".l2", c.Penalties[role].L2)
	}
	for i, g := range c.Groups {
		path := fmt.Sprintf("groups.%d", i)
		faults.Under(path, g.Validate())
		if g.WeightDecay != nil && known && preset.WeightDecay == nil {
			faults.Add(path+".weight_decay", *g.WeightDecay, "null or left out: %s has no weight_decay", c.Name)
		}
	}
	under(&faults, "average", c.Average)
	faults.Check(c.Average == nil || c.Name != NameASGD, "average", "a section", "null or left out: %s has its own averages", NameASGD)
	under(&faults, "lookahead", c.Lookahead)
	if f, own := c.Extensions.factory(c.Name); own && f.Validate != nil && len(faults) == 0 {
		faults.Under("", f.Validate(c))
	}
	return faults
}

// checkOwners adds a fault for what changes an option that the solver does not have.
func (c Config) checkOwners(faults *fault.List, preset *Config) {
	checkOwner(faults, "momentum", c.MomentumSchedule, preset.Momentum, c.Momentum, c.Name)
	decay := c.WeightDecay
	for _, g := range c.Groups {
		if g.WeightDecay != nil {
			decay = g.WeightDecay
		}
	}
	checkOwner(faults, "weight_decay", c.WeightDecaySchedule, preset.WeightDecay, decay, c.Name)
}

// checkOwner adds a fault for the schedule of an option that the solver does not have, or that is 0.
func checkOwner(faults *fault.List, name string, schedule *ScheduleConfig, preset, value *float64, solver string) {
	switch path := name + "_schedule"; {
	case schedule == nil:
	case preset == nil:
		faults.Add(path, schedule.Name, "null or left out: %s has no %s", solver, name)
	case value != nil && *value == 0:
		faults.Add(path, schedule.Name, "null or left out: %s is 0", name)
	}
}

// under adds the faults of a section that is there.
func under[C interface{ Validate() fault.List }](faults *fault.List, path string, section *C) {
	if section != nil {
		faults.Under(path, (*section).Validate())
	}
}

// roles lists what a penalty or a group can be about.
func roles() []graph.Role {
	return []graph.Role{graph.RoleKernel, graph.RoleRecurrentKernel, graph.RoleBias, graph.RoleEmbedding, graph.RoleScale, graph.RoleState}
}

// ValidateFor lists the faults of a valid config together with the parameters of a model: groups, penalties and a decay that
// are about none of those to train.
func (c Config) ValidateFor(params []*graph.Param) fault.List {
	var faults fault.List
	checkGroups(&faults, c.Groups, params)
	trained := slices.DeleteFunc(slices.Clone(params), func(p *graph.Param) bool {
		g := groupOf(c.Groups, p)
		return !p.Trained() || g != nil && g.Freeze
	})
	faults.Check(len(trained) > 0, "groups", "all parameters frozen", "some to train")
	if len(trained) == 0 {
		return faults
	}
	if c.L1 > 0 {
		checkRoles(&faults, "l1", nil, trained)
	}
	if c.L2 > 0 {
		checkRoles(&faults, "l2", nil, trained)
	}
	for _, role := range slices.Sorted(maps.Keys(c.Penalties)) {
		if c.Penalties[role] != (PenaltyConfig{}) {
			checkRoles(&faults, "penalties."+string(role), []graph.Role{role}, trained)
		}
	}
	if c.WeightDecay != nil && *c.WeightDecay > 0 && c.Groups == nil {
		checkRoles(&faults, "weight_decay", nil, trained)
	}
	return faults
}

// New makes the solver of the config with its defaults. All that is wrong with the config is one error, a
// [*fault.Error]. The plan may be zero if no schedule but a constant one is asked for, no warm-up and no gradient noise.
func (c Config) New(plan Plan) (*Solver, error) {
	c, err := c.planned(plan)
	if err != nil {
		return nil, err
	}
	chain, err := c.chain(plan)
	if err != nil {
		return nil, err
	}
	s, err := New(chain...)
	if err != nil {
		return nil, err
	}
	s.groups = c.Groups
	return s, nil
}

// LearningRates is the schedule of the config with its defaults for that plan.
func (c Config) LearningRates(plan Plan) (Schedule, error) {
	c, err := c.planned(plan)
	if err != nil {
		return nil, err
	}
	return c.Schedule.schedule(c.LearningRate, plan, c.Extensions), nil
}

// planned returns the config with its defaults, or all that is wrong with it for that plan.
func (c Config) planned(plan Plan) (Config, error) {
	c = c.WithDefaults()
	faults := c.Validate()
	if len(faults) == 0 {
		c.checkPlan(&faults, plan)
	}
	return c, faults.Err()
}

func (c Config) checkPlan(faults *fault.List, plan Plan) {
	if c.Name == NameGD {
		faults.Check(plan.StepsPerEpoch <= 1, "name", c.Name,
			"sgd, or a batch of all sequences: there are %d steps per epoch", plan.StepsPerEpoch)
	}
	faults.Under("schedule", c.Schedule.checkPlan(plan))
	if c.MomentumSchedule != nil {
		faults.Under("momentum_schedule", c.MomentumSchedule.checkPlan(plan))
	}
	c.checkMomentum(faults, plan)
	if c.WeightDecaySchedule != nil {
		faults.Under("weight_decay_schedule", c.WeightDecaySchedule.checkPlan(plan))
	}
	if c.AverageAfter != nil && *c.AverageAfter > 0 && *c.AverageAfter < 1e6 {
		faults.Check(plan.StepsPerEpoch > 0, "average_after", *c.AverageAfter, "a plan that says how many steps an epoch has")
	}
	faults.Check(c.Average == nil || plan.StepsPerEpoch > 0 && plan.Epochs > 0, "average", "a plan without an end", "one that says how many epochs there are, and steps in each")
	faults.Check(c.GradientNoise == nil || plan.Streams != nil, "gradient_noise", "a plan without streams", "the streams of the run")
}

// checkMomentum looks at up to a thousand steps: a schedule that makes the momentum too large would fail in the middle of
// the training.
func (c Config) checkMomentum(faults *fault.List, plan Plan) {
	steps := plan.Epochs * plan.StepsPerEpoch
	if c.MomentumSchedule == nil || len(*faults) > 0 || steps == 0 {
		return
	}
	factor := c.MomentumSchedule.factor(plan, c.Extensions)
	for step := 0; step < steps; step += max(1, steps/1000) {
		if mu := *c.Momentum * factor(step); mu >= 1 {
			faults.Add("momentum_schedule", fmt.Sprintf("a momentum of %v in step %d", mu, step), "less than 1")
			return
		}
	}
}

func (c Config) chain(plan Plan) ([]Transform, error) {
	var chain []Transform
	if s := c.Spikes; s != nil {
		chain = append(chain, &GuardSpikes{Policy: s.Policy, Threshold: s.Threshold, Decay: *s.Decay, WarmUp: s.WarmUpSteps})
	}
	if c.Centralize {
		chain = append(chain, &Centralize{})
	}
	if c.ClipValue > 0 {
		chain = append(chain, &ClipByValue{Max: c.ClipValue})
	}
	if c.ClipParamNorm > 0 {
		chain = append(chain, &ClipByNorm{Max: c.ClipParamNorm})
	}
	if c.ClipAdaptive > 0 {
		chain = append(chain, &ClipAdaptive{Max: c.ClipAdaptive})
	}
	if c.ClipNorm > 0 {
		chain = append(chain, &ClipByGlobalNorm{Max: c.ClipNorm})
	}
	if n := c.GradientNoise; n != nil {
		chain = append(chain, &AddNoise{Variance: n.Variance, Decay: *n.Decay, Streams: plan.Streams})
	}
	if c.L1 > 0 || c.L2 > 0 {
		chain = append(chain, &AddPenalty{L1: c.L1, L2: c.L2})
	}
	for _, role := range slices.Sorted(maps.Keys(c.Penalties)) {
		if p := c.Penalties[role]; p != (PenaltyConfig{}) {
			chain = append(chain, &AddPenalty{L1: p.L1, L2: p.L2, Roles: []graph.Role{role}})
		}
	}
	chain = append(chain, &AddParamPenalty{}) // whether there is one is for the layers to say
	if f, own := c.Extensions.factory(c.Name); own {
		transforms, err := f.New(c, plan)
		if err != nil {
			return nil, errors.WithMessagef(err, "solver %s", c.Name)
		}
		chain = append(chain, transforms...)
	} else {
		named, _ := ruleNamed(c.Name)
		chain = append(chain, named.chain(&c, plan)...)
	}
	decays := slices.ContainsFunc(c.Groups, func(g Group) bool { return g.WeightDecay != nil })
	if c.WeightDecay != nil && *c.WeightDecay > 0 || decays {
		chain = append(chain, &AddDecayedWeights{Decay: *c.WeightDecay, Groups: c.Groups, Factor: c.WeightDecaySchedule.factor(plan, c.Extensions)})
	}
	if slices.ContainsFunc(c.Groups, func(g Group) bool { return g.LearningRateFactor != nil }) {
		chain = append(chain, &ScaleByGroup{Groups: c.Groups})
	}
	if l := c.Lookahead; l != nil {
		chain = append(chain, &Lookahead{Steps: l.Steps, Rate: l.Rate})
	}
	if c.Average != nil {
		chain = append(chain, c.Average.transform(plan))
	}
	return append(chain, &ScaleByLearningRate{Schedule: c.Schedule.schedule(c.LearningRate, plan, c.Extensions)}), nil
}

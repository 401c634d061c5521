package solvers

import (
	"maps"
	"slices"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
)

// Names of the solvers that a [Config] makes.
const (
	NameSGD      = "sgd"      // [ScaleByLearningRate] alone
	NameMomentum = "momentum" // [Momentum]
	NameNesterov = "nesterov" // [Momentum] with Nesterov
	NameAdaGrad  = "adagrad"  // [AdaGrad]
	NameRMSProp  = "rmsprop"  // [RMSProp]
	NameAdam     = "adam"     // [Adam]
	NameAdamW    = "adamw"    // [Adam] and [AddDecayedWeights]
)

// Names lists the solvers that a [Config] makes.
func Names() []string {
	return []string{NameSGD, NameMomentum, NameNesterov, NameAdaGrad, NameRMSProp, NameAdam, NameAdamW}
}

// Config is a solver by name. Its chain is
//
//	ClipByValue → ClipByGlobalNorm → AddPenalty → AddParamPenalty → the named rule → AddDecayedWeights → ScaleByLearningRate
//
// as far as the options ask for it: thresholds limit the gradient of the data's cost, not that of the penalties.
//
// The zero value is Adam with its defaults. A nil pointer is the default of the named solver; a solver without that
// option refuses a value.
type Config struct {
	Name         string         `yaml:"name"`                   // one of [Names]; adam
	LearningRate float64        `yaml:"learning_rate"`          // η; 0.001 for rmsprop, adam and adamw, else 0.01
	Momentum     *float64       `yaml:"momentum,omitempty"`     // μ of momentum and nesterov; 0.9
	Form         MomentumForm   `yaml:"form,omitempty"`         // of momentum and nesterov; ema
	Beta1        *float64       `yaml:"beta1,omitempty"`        // β₁ of adam and adamw; 0.9
	Beta2        *float64       `yaml:"beta2,omitempty"`        // β₂ of adam and adamw; 0.999
	Rho          *float64       `yaml:"rho,omitempty"`          // ρ of rmsprop; 0.9 (Hinton, Keras; PyTorch has 0.99)
	Epsilon      *float64       `yaml:"epsilon,omitempty"`      // ε of adagrad (1e-10), rmsprop, adam and adamw (1e-8)
	WeightDecay  *float64       `yaml:"weight_decay,omitempty"` // λ of adamw; 0.01
	Schedule     ScheduleConfig `yaml:"schedule"`
	ClipNorm     float64        `yaml:"clip_norm"`  // limit of the norm of all gradients together; 0: none
	ClipValue    float64        `yaml:"clip_value"` // limit of each number of a gradient; 0: none
	L1           float64        `yaml:"l1"`         // λ₁ of kernels, recurrent kernels and embeddings; 0: none
	L2           float64        `yaml:"l2"`         // λ₂ of the same; 0: none

	// Penalties are added to L1 and L2 for the parameters of one role, as {bias: {l2: 0.001}}.
	Penalties map[graph.Role]PenaltyConfig `yaml:"penalties,omitempty"`
}

// PenaltyConfig is λ₁·Σ|W| + λ₂·ΣW².
type PenaltyConfig struct {
	L1 float64 `yaml:"l1"`
	L2 float64 `yaml:"l2"`
}

// Plan is how long a training lasts, for schedules that are told in epochs.
type Plan struct{ StepsPerEpoch, Epochs int }

// defaults returns the options that the named solver has, with their defaults.
func defaults(name string) (preset Config, known bool) {
	switch name {
	case NameSGD:
		return Config{LearningRate: 0.01}, true
	case NameMomentum, NameNesterov:
		return Config{LearningRate: 0.01, Momentum: new(0.9), Form: EMA}, true
	case NameAdaGrad:
		return Config{LearningRate: 0.01, Epsilon: new(1e-10)}, true
	case NameRMSProp:
		return Config{LearningRate: 0.001, Rho: new(0.9), Epsilon: new(1e-8)}, true
	case NameAdam:
		return Config{LearningRate: 0.001, Beta1: new(0.9), Beta2: new(0.999), Epsilon: new(1e-8)}, true
	case NameAdamW:
		return Config{LearningRate: 0.001, Beta1: new(0.9), Beta2: new(0.999), Epsilon: new(1e-8), WeightDecay: new(0.01)}, true
	default:
		return Config{}, false
	}
}

func options() []option[Config] {
	return []option[Config]{
		{"momentum", func(c *Config) **float64 { return &c.Momentum }, checkDecay},
		{"beta1", func(c *Config) **float64 { return &c.Beta1 }, checkDecay},
		{"beta2", func(c *Config) **float64 { return &c.Beta2 }, checkDecay},
		{"rho", func(c *Config) **float64 { return &c.Rho }, checkDecay},
		{"epsilon", func(c *Config) **float64 { return &c.Epsilon }, checkEpsilon},
		{"weight_decay", func(c *Config) **float64 { return &c.WeightDecay }, checkStrength},
	}
}

// WithDefaults returns the config with every option of the named solver filled in.
func (c Config) WithDefaults() Config {
	if c.Name == "" {
		c.Name = NameAdam
	}
	preset, _ := defaults(c.Name)
	if c.LearningRate == 0 {
		c.LearningRate = preset.LearningRate
	}
	if c.Form == "" {
		c.Form = preset.Form
	}
	fill(options(), &c, &preset)
	c.Schedule = c.Schedule.WithDefaults()
	return c
}

// Validate lists every fault of a config whose defaults are filled in.
func (c Config) Validate() fault.List {
	var faults fault.List
	preset, known := defaults(c.Name)
	faults.Check(known, "name", c.Name, "one of %v", Names())
	if known || c.LearningRate != 0 {
		checkRate(&faults, "learning_rate", c.LearningRate)
	}
	if known {
		checkOptions(&faults, options(), &c, &preset, c.Name)
		if preset.Form == "" {
			faults.Check(c.Form == "", "form", string(c.Form), "null or left out: %s has no form", c.Name)
		} else {
			checkForm(&faults, "form", c.Form)
		}
	}
	faults.Under("schedule", c.Schedule.Validate())
	checkLimit(&faults, "clip_norm", c.ClipNorm)
	checkLimit(&faults, "clip_value", c.ClipValue)
	checkStrength(&faults, "l1", c.L1)
	checkStrength(&faults, "l2", c.L2)
	for _, role := range slices.Sorted(maps.Keys(c.Penalties)) {
		path := "penalties." + string(role)
		faults.Check(slices.Contains(roles(), role), "penalties", string(role), "one of %v", roles())
		checkStrength(&faults, path+".l1", c.Penalties[role].L1)
		checkStrength(&faults, path+".l2", c.Penalties[role].L2)
	}
	return faults
}

// roles lists what a penalty can be about.
func roles() []graph.Role {
	return []graph.Role{graph.Kernel, graph.RecurrentKernel, graph.Bias, graph.Embedding, graph.Scale, graph.State}
}

// New makes the solver of the config with its defaults. All that is wrong with the config is one error, a
// [*fault.Error]. The plan may be zero if the schedule is constant and has no warm-up.
func (c Config) New(plan Plan) (*Solver, error) {
	c = c.WithDefaults()
	faults := c.Validate()
	if len(faults) == 0 {
		faults.Under("schedule", c.Schedule.checkPlan(plan))
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return New(c.chain(plan)...)
}

func (c Config) chain(plan Plan) []Transform {
	var chain []Transform
	if c.ClipValue > 0 {
		chain = append(chain, &ClipByValue{Max: c.ClipValue})
	}
	if c.ClipNorm > 0 {
		chain = append(chain, &ClipByGlobalNorm{Max: c.ClipNorm})
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
	switch c.Name {
	case NameMomentum, NameNesterov:
		chain = append(chain, &Momentum{Momentum: *c.Momentum, Form: c.Form, Nesterov: c.Name == NameNesterov})
	case NameAdaGrad:
		chain = append(chain, &AdaGrad{Epsilon: *c.Epsilon})
	case NameRMSProp:
		chain = append(chain, &RMSProp{Rho: *c.Rho, Epsilon: *c.Epsilon})
	case NameAdam:
		chain = append(chain, &Adam{Beta1: *c.Beta1, Beta2: *c.Beta2, Epsilon: *c.Epsilon})
	case NameAdamW:
		chain = append(chain, &Adam{Beta1: *c.Beta1, Beta2: *c.Beta2, Epsilon: *c.Epsilon},
			&AddDecayedWeights{Decay: *c.WeightDecay})
	}
	return append(chain, &ScaleByLearningRate{Schedule: c.Schedule.schedule(c.LearningRate, plan)})
}

package solvers

import (
	"fmt"
	"math"

	"github.com/gruexp/gruexp/graph/fault"
)

// Names of the schedules that a [ScheduleConfig] makes.
const (
	ScheduleConstant    = "constant"    // [Constant]
	ScheduleExponential = "exponential" // [Exponential]
	ScheduleLinear      = "linear"      // [Linear], to the end of the training
	ScheduleStep        = "step"        // [Staircase]
	ScheduleCosine      = "cosine"      // [Cosine], to the end of the training
)

// ScheduleNames lists the schedules that a [ScheduleConfig] makes.
func ScheduleNames() []string {
	return []string{ScheduleConstant, ScheduleExponential, ScheduleLinear, ScheduleStep, ScheduleCosine}
}

// ScheduleConfig is a schedule by name, from the learning rate on. The zero value is constant. A nil pointer is the
// default of the named schedule; a schedule without that option refuses a value.
type ScheduleConfig struct {
	Name         string   `yaml:"name"`             // one of [ScheduleNames]; constant
	Every        *float64 `yaml:"every,omitempty"`  // epochs after which factor is reached: exponential 1, step 10
	Factor       *float64 `yaml:"factor,omitempty"` // of exponential 0.95, of step 0.5
	Final        *float64 `yaml:"final,omitempty"`  // part of the learning rate at the end of linear and cosine; 0
	WarmUpEpochs float64  `yaml:"warmup_epochs"`    // epochs of linear rise in front; 0
}

func scheduleDefaults(name string) (preset ScheduleConfig, known bool) {
	switch name {
	case ScheduleConstant:
		return ScheduleConfig{}, true
	case ScheduleExponential:
		return ScheduleConfig{Every: new(1.0), Factor: new(0.95)}, true
	case ScheduleStep:
		return ScheduleConfig{Every: new(10.0), Factor: new(0.5)}, true
	case ScheduleLinear, ScheduleCosine:
		return ScheduleConfig{Final: new(0.0)}, true
	default:
		return ScheduleConfig{}, false
	}
}

func scheduleOptions() []option[ScheduleConfig] {
	return []option[ScheduleConfig]{
		{"every", func(c *ScheduleConfig) **float64 { return &c.Every }, checkEpochs},
		{"factor", func(c *ScheduleConfig) **float64 { return &c.Factor }, checkDecayFactor},
		{"final", func(c *ScheduleConfig) **float64 { return &c.Final }, checkFraction},
	}
}

// WithDefaults returns the config with every option of the named schedule filled in.
func (c ScheduleConfig) WithDefaults() ScheduleConfig {
	if c.Name == "" {
		c.Name = ScheduleConstant
	}
	preset, _ := scheduleDefaults(c.Name)
	fill(scheduleOptions(), &c, &preset)
	return c
}

// Validate lists every fault of a config whose defaults are filled in.
func (c ScheduleConfig) Validate() fault.List {
	var faults fault.List
	preset, known := scheduleDefaults(c.Name)
	faults.Check(known, "name", c.Name, "one of %v", ScheduleNames())
	if known {
		checkOptions(&faults, scheduleOptions(), &c, &preset, "the schedule "+c.Name)
	}
	if c.WarmUpEpochs != 0 {
		checkEpochs(&faults, "warmup_epochs", c.WarmUpEpochs)
	}
	return faults
}

// checkPlan lists why a valid config makes no schedule for that plan.
func (c ScheduleConfig) checkPlan(plan Plan) fault.List {
	if c.Name == ScheduleConstant && c.WarmUpEpochs == 0 {
		return nil
	}
	if plan.StepsPerEpoch < 1 || plan.Epochs < 1 {
		return fault.List{{
			Found:    fmt.Sprintf("a plan of %d epochs of %d steps", plan.Epochs, plan.StepsPerEpoch),
			Expected: "at least one of each",
		}}
	}
	var faults fault.List
	faults.Check(c.WarmUpEpochs < float64(plan.Epochs), "warmup_epochs", c.WarmUpEpochs,
		"less than the %d epochs of the training", plan.Epochs)
	return faults
}

// schedule makes the schedule. The config has its defaults and is valid for the plan.
func (c ScheduleConfig) schedule(rate float64, plan Plan) Schedule {
	epoch := float64(plan.StepsPerEpoch)
	warmUp := math.Round(c.WarmUpEpochs * epoch)
	rest := max(float64(plan.Epochs)*epoch-warmUp, 1)
	var s Schedule
	switch c.Name {
	case ScheduleExponential:
		s = Exponential(rate, *c.Factor, *c.Every*epoch)
	case ScheduleStep:
		s = Staircase(rate, *c.Factor, *c.Every*epoch)
	case ScheduleLinear:
		s = Linear(rate, *c.Final*rate, rest)
	case ScheduleCosine:
		s = Cosine(rate, *c.Final*rate, rest)
	default:
		s = Constant(rate)
	}
	if warmUp > 0 {
		s = WarmUp(int(warmUp), s)
	}
	return s
}

package solvers

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gruexp/gruexp/graph/fault"
)

// Names of the schedules that a [ScheduleConfig] makes.
const (
	ScheduleConstant       = "constant"        // [Constant]
	ScheduleExponential    = "exponential"     // [Exponential]
	ScheduleStep           = "step"            // [Staircase]
	ScheduleMultiStep      = "multi_step"      // [MultiStep]
	ScheduleInverseTime    = "inverse_time"    // [InverseTime], which factor makes decay = 1/factor − 1 of
	ScheduleLinear         = "linear"          // [Linear], to the end of the training
	SchedulePolynomial     = "polynomial"      // [Polynomial], to the end of the training
	ScheduleCosine         = "cosine"          // [Cosine], to the end of the training
	ScheduleCosineRestarts = "cosine_restarts" // [CosineRestarts]
	ScheduleOneCycle       = "one_cycle"       // [OneCycle], to the end of the training
	ScheduleCyclic         = "cyclic"          // [Cyclic]
	ScheduleChain          = "chain"           // [Chain]
)

// What a schedule changes with.
const (
	PerStepSchedule  = "step"
	PerEpochSchedule = "epoch" // [PerEpoch]
)

// ScheduleConfig is a schedule by name, from the learning rate on. The zero value is constant. A nil pointer is the
// default of the named schedule; a schedule without that option rejects a value.
type ScheduleConfig struct {
	Name         string             `yaml:"name"`              // one of [ScheduleNames]; constant
	Every        *float64           `yaml:"every,omitempty"`   // epochs after which factor is reached, or of a cycle, the first one of cosine_restarts
	Factor       *float64           `yaml:"factor,omitempty"`  // what the learning rate is multiplied by over every epochs, at each of at, or from one cycle to the next
	At           []float64          `yaml:"at,omitempty"`      // epochs after which multi_step changes
	Initial      *float64           `yaml:"initial,omitempty"` // part of the learning rate where one_cycle begins and where cyclic begins and ends
	Final        *float64           `yaml:"final,omitempty"`   // part of the learning rate at the end
	Power        *float64           `yaml:"power,omitempty"`   // exponent of polynomial
	Stretch      *float64           `yaml:"stretch,omitempty"` // how many times as long each cycle of cosine_restarts is as the one before
	Rise         *float64           `yaml:"rise,omitempty"`    // part of a cycle that goes up
	Parts        []SchedulePart     `yaml:"parts,omitempty"`   // of chain: one schedule after the other
	Options      map[string]float64 `yaml:"options,omitempty"` // what a schedule of [Extensions] has in addition
	Per          string             `yaml:"per"`               // changes with every step, or with every epoch; step
	WarmUpEpochs float64            `yaml:"warmup_epochs"`     // epochs of linear rise in front, step by step; 0
}

// SchedulePart is one of the schedules of a chain.
type SchedulePart struct {
	// Epochs is how long it lasts; default: to the end of the training, which the last one does.
	Epochs float64 `yaml:"epochs,omitempty"`
	// From is the part of the learning rate that this schedule starts from; default: 1.
	From float64 `yaml:"from"`
	// Schedule is a schedule with the keys of solver.schedule but parts, where the end of the training is that of the part.
	Schedule ScheduleConfig `yaml:"schedule"`
}

// curve is a schedule that a [ScheduleConfig] makes by name.
type curve struct {
	name   string
	preset ScheduleConfig // the options that it has, at their defaults
	// schedule makes it, for an epoch of that many steps and a training of that many.
	schedule func(c *ScheduleConfig, rate, epoch, steps float64) Schedule
}

// curves lists them, but for chains.
func curves() []curve {
	return []curve{
		{ScheduleConstant, ScheduleConfig{}, func(_ *ScheduleConfig, rate, _, _ float64) Schedule {
			return Constant(rate)
		}},
		{ScheduleExponential, ScheduleConfig{Every: new(1.0), Factor: new(0.95)}, func(c *ScheduleConfig, rate, epoch, _ float64) Schedule {
			return Exponential(rate, *c.Factor, *c.Every*epoch)
		}},
		{ScheduleStep, ScheduleConfig{Every: new(10.0), Factor: new(0.5)}, func(c *ScheduleConfig, rate, epoch, _ float64) Schedule {
			return Staircase(rate, *c.Factor, *c.Every*epoch)
		}},
		{ScheduleMultiStep, ScheduleConfig{At: []float64{30, 60, 90}, Factor: new(0.1)}, func(c *ScheduleConfig, rate, epoch, _ float64) Schedule {
			at := slices.Clone(c.At)
			for i := range at {
				at[i] *= epoch
			}
			return MultiStep(rate, *c.Factor, at...)
		}},
		{ScheduleInverseTime, ScheduleConfig{Every: new(1.0), Factor: new(0.5)}, func(c *ScheduleConfig, rate, epoch, _ float64) Schedule {
			return InverseTime(rate, 1 / *c.Factor - 1, *c.Every*epoch)
		}},
		{ScheduleLinear, ScheduleConfig{Final: new(0.0)}, func(c *ScheduleConfig, rate, _, steps float64) Schedule {
			return Linear(rate, *c.Final*rate, steps)
		}},
		{SchedulePolynomial, ScheduleConfig{Final: new(0.0), Power: new(2.0)}, func(c *ScheduleConfig, rate, _, steps float64) Schedule {
			return Polynomial(rate, *c.Final*rate, *c.Power, steps)
		}},
		{ScheduleCosine, ScheduleConfig{Final: new(0.0)}, func(c *ScheduleConfig, rate, _, steps float64) Schedule {
			return Cosine(rate, *c.Final*rate, steps)
		}},
		{
			ScheduleCosineRestarts, ScheduleConfig{Every: new(10.0), Stretch: new(1.0), Factor: new(1.0), Final: new(0.0)},
			func(c *ScheduleConfig, rate, epoch, _ float64) Schedule {
				return CosineRestarts(rate, *c.Final*rate, *c.Every*epoch, *c.Stretch, *c.Factor)
			},
		},
		{
			ScheduleOneCycle, ScheduleConfig{Initial: new(0.04), Final: new(4e-6), Rise: new(0.3)},
			func(c *ScheduleConfig, rate, _, steps float64) Schedule {
				return OneCycle(rate, *c.Initial*rate, *c.Final*rate, steps, *c.Rise)
			},
		},
		{
			ScheduleCyclic, ScheduleConfig{Every: new(10.0), Initial: new(0.1), Rise: new(0.5), Factor: new(1.0)},
			func(c *ScheduleConfig, rate, epoch, _ float64) Schedule {
				return Cyclic(rate, *c.Initial*rate, *c.Every*epoch, *c.Rise, *c.Factor)
			},
		},
	}
}

func curveNamed(name string) (found curve, known bool) {
	all := curves()
	i := slices.IndexFunc(all, func(c curve) bool { return c.name == name })
	if i < 0 {
		return curve{}, name == ScheduleChain
	}
	return all[i], true
}

// ScheduleNames lists the schedules that a [ScheduleConfig] makes.
func ScheduleNames() []string {
	var names []string
	for _, c := range curves() {
		names = append(names, c.name)
	}
	return append(names, ScheduleChain)
}

func scheduleOptions() []option[ScheduleConfig] {
	return []option[ScheduleConfig]{
		scalar("every", func(c *ScheduleConfig) **float64 { return &c.Every }, checkEpochs),
		scalar("factor", func(c *ScheduleConfig) **float64 { return &c.Factor }, checkDecayFactor),
		list("at", func(c *ScheduleConfig) *[]float64 { return &c.At }, checkRising),
		scalar("initial", func(c *ScheduleConfig) **float64 { return &c.Initial }, checkPart),
		scalar("final", func(c *ScheduleConfig) **float64 { return &c.Final }, checkPart),
		scalar("power", func(c *ScheduleConfig) **float64 { return &c.Power }, checkPower),
		scalar("stretch", func(c *ScheduleConfig) **float64 { return &c.Stretch }, checkGrowth),
		scalar("rise", func(c *ScheduleConfig) **float64 { return &c.Rise }, checkInner),
	}
}

// WithDefaults returns the config with every option of the named schedule filled in.
func (c ScheduleConfig) WithDefaults() ScheduleConfig { return c.withDefaults(nil) }

func (c ScheduleConfig) withDefaults(e *Extensions) ScheduleConfig {
	c.Name, c.Per = cmp.Or(c.Name, ScheduleConstant), cmp.Or(c.Per, PerStepSchedule)
	preset, _ := e.schedulePreset(c.Name)
	fill(scheduleOptions(), &c, &preset)
	c.Options = fillOptions(c.Options, preset.Options)
	c.Parts = slices.Clone(c.Parts)
	for i := range c.Parts {
		c.Parts[i].From = cmp.Or(c.Parts[i].From, 1)
		c.Parts[i].Schedule = c.Parts[i].Schedule.withDefaults(e)
	}
	return c
}

// Validate lists every fault of a config whose defaults are filled in.
func (c ScheduleConfig) Validate() fault.List { return c.validate(nil) }

func (c ScheduleConfig) validate(e *Extensions) fault.List {
	var faults fault.List
	preset, known := e.schedulePreset(c.Name)
	faults.Check(known, "name", c.Name, "one of %v", e.ScheduleNames())
	if known {
		checkOptions(&faults, scheduleOptions(), &c, &preset, "the schedule "+c.Name)
		checkOwn(&faults, c.Options, preset.Options, "the schedule "+c.Name)
		c.checkParts(&faults, e)
	}
	pers := []string{PerStepSchedule, PerEpochSchedule}
	faults.Check(slices.Contains(pers, c.Per), "per", c.Per, "one of %v", pers)
	if c.WarmUpEpochs != 0 {
		checkEpochs(&faults, "warmup_epochs", c.WarmUpEpochs)
	}
	if f, own := e.scheduleFactory(c.Name); own && f.Validate != nil && len(faults) == 0 {
		faults.Under("", f.Validate(c))
	}
	return faults
}

func (c ScheduleConfig) checkParts(faults *fault.List, e *Extensions) {
	if c.Name != ScheduleChain {
		faults.Check(len(c.Parts) == 0, "parts", fmt.Sprintf("%d parts", len(c.Parts)), "null or left out: the schedule %s has no parts", c.Name)
		return
	}
	faults.Check(len(c.Parts) > 1, "parts", fmt.Sprintf("%d parts", len(c.Parts)), "at least two")
	for i, p := range c.Parts {
		var inner fault.List
		if i == len(c.Parts)-1 {
			inner.Check(p.Epochs == 0, "epochs", p.Epochs, "null or left out: the last part lasts to the end")
		} else {
			checkEpochs(&inner, "epochs", p.Epochs)
		}
		checkGroupRate(&inner, "from", p.From)
		if p.Schedule.Name == ScheduleChain {
			inner.Add("schedule.name", ScheduleChain, "any other: a chain has no chains")
		} else {
			inner.Under("schedule", p.Schedule.validate(e))
		}
		faults.Under(fmt.Sprintf("parts.%d", i), inner)
	}
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
	return c.checkLength(float64(plan.Epochs), fmt.Sprintf("the %d epochs of the training", plan.Epochs))
}

// checkLength lists what does not fit into that many epochs.
func (c ScheduleConfig) checkLength(epochs float64, what string) fault.List {
	var faults fault.List
	faults.Check(c.WarmUpEpochs < epochs, "warmup_epochs", c.WarmUpEpochs, "less than %s", what)
	if c.Name != ScheduleChain {
		return faults
	}
	left := epochs - c.WarmUpEpochs
	for i, p := range c.Parts {
		path := fmt.Sprintf("parts.%d", i)
		length := p.Epochs
		if i == len(c.Parts)-1 {
			length = left
		} else {
			faults.Check(p.Epochs < left, path+".epochs", p.Epochs, "less than the %v epochs that are left", max(left, 0))
		}
		left -= p.Epochs
		if length > 0 {
			faults.Under(path+".schedule", p.Schedule.checkLength(length, fmt.Sprintf("the %v epochs of the part", length)))
		}
	}
	return faults
}

// schedule makes the schedule. The config has its defaults and is valid for the plan.
func (c ScheduleConfig) schedule(rate float64, plan Plan, e *Extensions) Schedule {
	return c.scheduleOver(rate, plan.StepsPerEpoch, float64(plan.Epochs)*float64(plan.StepsPerEpoch), e)
}

func (c ScheduleConfig) scheduleOver(rate float64, stepsPerEpoch int, steps float64, e *Extensions) Schedule {
	epoch := float64(stepsPerEpoch)
	warmUp := math.Round(c.WarmUpEpochs * epoch)
	rest := max(steps-warmUp, 1)
	var s Schedule
	if f, own := e.scheduleFactory(c.Name); own {
		s = f.New(c, rate, epoch, rest)
	} else if c.Name == ScheduleChain {
		s = c.chain(rate, stepsPerEpoch, rest, e)
	} else {
		named, _ := curveNamed(c.Name)
		s = named.schedule(&c, rate, epoch, rest)
	}
	if c.Per == PerEpochSchedule && stepsPerEpoch > 0 {
		s = PerEpoch(stepsPerEpoch, s)
	}
	if warmUp > 0 {
		s = WarmUp(int(warmUp), s)
	}
	return s
}

func (c ScheduleConfig) chain(rate float64, stepsPerEpoch int, left float64, e *Extensions) Schedule {
	var lengths []int
	var parts []Schedule
	for i, p := range c.Parts {
		length := left
		if i < len(c.Parts)-1 {
			length = math.Round(p.Epochs * float64(stepsPerEpoch))
			lengths = append(lengths, int(length))
		}
		left -= length
		parts = append(parts, p.Schedule.scheduleOver(rate*p.From, stepsPerEpoch, length, e))
	}
	return Chain(lengths, parts...)
}

// factor makes a schedule that starts from 1; nil for no config.
func (c *ScheduleConfig) factor(plan Plan, e *Extensions) Schedule {
	if c == nil {
		return nil
	}
	return c.schedule(1, plan, e)
}

package solvers

import (
	"maps"
	"slices"

	"github.com/gruexp/gruexp/graph/fault"
)

// Extensions are solvers and schedules that a program adds to those of this package. [Config.Name] and
// [ScheduleConfig.Name] select them by their keys. A key must not be the name of a built-in one.
type Extensions struct {
	Solvers   map[string]Factory
	Schedules map[string]ScheduleFactory
}

// Factory makes a solver. It replaces the named rule in the chain of [Config]: clipping, penalties, weight decay, averages
// and the learning rate are added around it as for every other solver.
type Factory struct {
	// Defaults has the options of the solver at their default values. An option that is nil here does not exist for this
	// solver, and a configuration that sets it is rejected. Options without a field go into [Config.Options]. A learning
	// rate of 0 means 0.001.
	Defaults Config
	// Validate adds what is wrong with the options, defaults filled in, to the faults that [Config.Validate] finds; nil: nothing.
	Validate func(c Config) fault.List
	// New makes the transforms that turn a gradient into the direction that the learning rate scales.
	New func(c Config, plan Plan) ([]Transform, error)
}

// ScheduleFactory makes a schedule.
type ScheduleFactory struct {
	// Defaults has the options of the schedule at their default values, as [Factory].Defaults.
	Defaults ScheduleConfig
	// Validate adds what is wrong with the options, defaults filled in; nil: nothing.
	Validate func(c ScheduleConfig) fault.List
	// New makes the schedule. Rate is the configured value that it starts from, epoch the number of steps in an epoch, and
	// steps the number of steps until the end of the training. Warm-up and per: epoch are added around it.
	New func(c ScheduleConfig, rate, epoch, steps float64) Schedule
}

// Names lists all solvers: the built-in ones, then those of the extensions in alphabetical order.
func (e *Extensions) Names() []string {
	if e == nil {
		return Names()
	}
	return append(Names(), slices.Sorted(maps.Keys(e.Solvers))...)
}

// ScheduleNames lists all schedules in the same order.
func (e *Extensions) ScheduleNames() []string {
	if e == nil {
		return ScheduleNames()
	}
	return append(ScheduleNames(), slices.Sorted(maps.Keys(e.Schedules))...)
}

// Validate lists names that are taken or empty and factories that make nothing.
func (e *Extensions) Validate() fault.List {
	var faults fault.List
	if e == nil {
		return nil
	}
	check := func(kind, name string, builtIn []string, makes bool) {
		path := kind + "." + name
		faults.Check(name != "", kind, name, "a name")
		faults.Check(!slices.Contains(builtIn, name), path, name, "another name: %s is built in", name)
		faults.Check(makes, path, "no New", "a function that makes it")
	}
	for _, name := range slices.Sorted(maps.Keys(e.Solvers)) {
		check("solvers", name, Names(), e.Solvers[name].New != nil)
	}
	for _, name := range slices.Sorted(maps.Keys(e.Schedules)) {
		check("schedules", name, ScheduleNames(), e.Schedules[name].New != nil)
	}
	return faults
}

// factory finds a solver of the extensions.
func (e *Extensions) factory(name string) (f Factory, own bool) {
	if e == nil {
		return Factory{}, false
	}
	f, own = e.Solvers[name]
	if f.Defaults.LearningRate == 0 {
		f.Defaults.LearningRate = 0.001
	}
	return f, own
}

// scheduleFactory finds a schedule of the extensions.
func (e *Extensions) scheduleFactory(name string) (f ScheduleFactory, own bool) {
	if e == nil {
		return ScheduleFactory{}, false
	}
	f, own = e.Schedules[name]
	return f, own
}

// preset has the options of the solver of a name at their defaults; one that is not known has none.
func (e *Extensions) preset(name string) (preset Config, known bool) {
	if named, known := ruleNamed(name); known {
		return named.preset, true
	}
	f, known := e.factory(name)
	return f.Defaults, known
}

// schedulePreset is the same for a schedule.
func (e *Extensions) schedulePreset(name string) (preset ScheduleConfig, known bool) {
	if named, known := curveNamed(name); known {
		return named.preset, true
	}
	f, known := e.scheduleFactory(name)
	return f.Defaults, known
}

// fillOptions gives every option of an extension that is not given its default.
func fillOptions(given, defaults map[string]float64) map[string]float64 {
	if len(defaults) == 0 {
		return given
	}
	filled := maps.Clone(defaults)
	maps.Copy(filled, given)
	return filled
}

// checkOwn adds a fault for each option that an extension does not have, or that is not finite.
func checkOwn(faults *fault.List, given, defaults map[string]float64, rule string) {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		path, v := "options."+name, given[name]
		if _, has := defaults[name]; !has {
			faults.Add(path, v, "null or left out: %s has no such option", rule)
			continue
		}
		faults.Check(v-v == 0, path, v, "a finite number")
	}
}

package experiment

import (
	"maps"
	"slices"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/layers/spec"
	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/sets"
	"github.com/gruexp/gruexp/trainer/experiment/yamlconf"
)

// Extensions are the parts that a program adds to those of this module. A configuration selects them by their keys, as it does the
// built-in ones: errors and suggestions list both. A key must not be the name of a built-in part. The zero value, and nil, add nothing.
type Extensions struct {
	Cells     map[string]spec.Cell               // recurrences, as "- mgu: {units: 32}" in model.layers
	Layers    map[string]func() spec.Layer       // layers, by a function that makes their options
	Losses    map[string]layers.LossFunction     // for the key loss
	Solvers   map[string]solvers.Factory         // for solver.name
	Schedules map[string]solvers.ScheduleFactory // for the name of a schedule
	Metrics   map[string]trainer.MetricFactory   // for trainer.metrics and for monitors
	Sets      map[string]data.Source             // data sets, for data.name; the key is the name
}

// Kinds are the layers, cells and losses, as the packages of models want them.
func (e *Extensions) Kinds() spec.Kinds {
	if e == nil {
		return spec.Kinds{}
	}
	k := spec.Kinds{Layers: e.Layers, Cells: e.Cells}
	if e.Losses != nil {
		k.Losses = map[string]spec.CustomLoss{}
		for name, loss := range e.Losses {
			k.Losses[name] = loss
		}
	}
	return k
}

// Validate lists keys that are taken and parts that make nothing.
func (e *Extensions) Validate() fault.List {
	if e == nil {
		return nil
	}
	faults := e.Kinds().Validate()
	own := solvers.Extensions{Solvers: e.Solvers, Schedules: e.Schedules}
	faults = append(faults, own.Validate()...)
	faults.Under("metrics", trainer.MetricFactories(e.Metrics).Validate())
	for _, name := range slices.Sorted(maps.Keys(e.Sets)) {
		_, taken := data.FindSource(sets.Builtin(), name)
		faults.Check(!taken && name != "", "sets", name, "another name: it is built in")
		faults.Check(e.Sets[name].Load != nil, "sets", name, "a set with a function that loads it")
	}
	for i := range faults {
		faults[i].Where, faults[i].What = "extensions", "cannot be added: "+faults[i].Path
	}
	return faults
}

// Added is a part that a program adds.
type Added struct {
	Key   string // of a configuration, where it is selected: model.layers, loss, solver.name and so on
	Name  string
	About string // its options with their defaults as YAML, or what else there is to say
}

// List lists the parts in the order of the fields, those of a field by name.
func (e *Extensions) List() ([]Added, error) {
	if e == nil {
		return nil, nil
	}
	var all []Added
	kinds := e.Kinds()
	for _, key := range kinds.LayerKeys() {
		layer, _ := kinds.Layer(key)
		options, err := yamlconf.Marshal([]layers.LayerConfig{layer})
		if err != nil {
			return nil, err
		}
		all = append(all, Added{"model.layers", key, string(options)})
	}
	for _, name := range slices.Sorted(maps.Keys(e.Losses)) {
		all = append(all, Added{"loss", name, "for targets that are " + string(e.Losses[name].Targets())})
	}
	own := solvers.Extensions{Solvers: e.Solvers, Schedules: e.Schedules}
	for _, name := range slices.Sorted(maps.Keys(e.Solvers)) {
		c := solvers.Config{Name: name, Extensions: &own}
		options, err := yamlconf.Marshal(c.WithDefaults())
		if err != nil {
			return nil, err
		}
		all = append(all, Added{"solver.name", name, string(options)})
	}
	for _, name := range slices.Sorted(maps.Keys(e.Schedules)) {
		c := solvers.Config{Schedule: solvers.ScheduleConfig{Name: name}, Extensions: &own}
		options, err := yamlconf.Marshal(c.WithDefaults().Schedule)
		if err != nil {
			return nil, err
		}
		all = append(all, Added{"solver.schedule.name", name, string(options)})
	}
	for _, name := range slices.Sorted(maps.Keys(e.Metrics)) {
		about := "lower is better"
		if e.Metrics[name].Higher {
			about = "higher is better"
		}
		all = append(all, Added{"trainer.metrics", name, about})
	}
	for _, set := range e.Sources() {
		all = append(all, Added{"data.name", set.Name, set.Description})
	}
	return all, nil
}

// HigherIsBetter says which way a metric gets better, built in or an added one: see [trainer.MetricFactories.HigherIsBetter].
func (e *Extensions) HigherIsBetter(metric string) (bool, error) {
	if e == nil {
		e = &Extensions{}
	}
	return trainer.MetricFactories(e.Metrics).HigherIsBetter(metric)
}

// Extend gives a configuration the parts that it may select. Options, defaults and validation know them from then on.
func (c *Config) Extend(e *Extensions) {
	c.extensions = e
	if e == nil {
		return
	}
	if e.Solvers != nil || e.Schedules != nil {
		c.Solver.Extensions = &solvers.Extensions{Solvers: e.Solvers, Schedules: e.Schedules}
	}
	c.Trainer.OwnMetrics = e.Metrics
}

// Sources are the data sets of the extensions with their names, sorted by them.
func (e *Extensions) Sources() []data.Source {
	if e == nil {
		return nil
	}
	var all []data.Source
	for _, name := range slices.Sorted(maps.Keys(e.Sets)) {
		set := e.Sets[name]
		set.Name = name
		all = append(all, set)
	}
	return all
}

// sets are all data sets that have a name.
func (c Config) sets() []data.Source { return sets.All(c.extensions.Sources()...) }

// lossesOf lists the losses of these kinds of targets, sorted.
func (e *Extensions) lossesOf(targets ...spec.Targets) []layers.Loss {
	if e == nil {
		return nil
	}
	var names []layers.Loss
	for _, name := range slices.Sorted(maps.Keys(e.Losses)) {
		if e.Losses[name] != nil && slices.Contains(targets, e.Losses[name].Targets()) {
			names = append(names, layers.Loss(name))
		}
	}
	return names
}

// customLoss is a loss that is not built in, nil for any other.
func (c Config) customLoss(name layers.Loss) spec.CustomLoss {
	if c.extensions == nil || c.extensions.Losses[string(name)] == nil {
		return nil
	}
	return c.extensions.Losses[string(name)]
}

// choices are the kinds of layers for the decoder of configurations.
type choices struct{ spec.Kinds }

// Keys lists the kinds.
func (c choices) Keys() []string { return c.LayerKeys() }

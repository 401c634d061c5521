package experiment

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// Goal is what an experiment is measured by, and what others have reached. It changes nothing about a run.
type Goal struct {
	Metric    string    `yaml:"metric"`              // PART.METRIC as `test.accuracy`; of the weights that were best in validation
	Bar       *float64  `yaml:"bar,omitempty"`       // that the mean over seeds should reach
	Published *float64  `yaml:"published,omitempty"` // what was published
	Source    string    `yaml:"source,omitempty"`    // of what was published: model and publication
	PyTorch   []float64 `yaml:"pytorch,omitempty"`   // measured with a GRU in PyTorch: a number, or the least and the greatest of several runs
}

// Split is the part of the data and the name of the metric there.
func (g Goal) Split() (part, metric string) {
	part, metric, _ = strings.Cut(g.Metric, ".")
	return part, metric
}

// Validate lists what is wrong with the goal.
func (g Goal) Validate() fault.List {
	var faults fault.List
	part, metric := g.Split()
	faults.Check(slices.Contains([]string{"train", "valid", "test"}, part) && metric != "", "metric", g.Metric, "train.METRIC, valid.METRIC or test.METRIC")
	finite := func(path string, v float64) {
		faults.Check(!math.IsNaN(v) && !math.IsInf(v, 0), path, v, "a finite number")
	}
	if g.Bar != nil {
		finite("bar", *g.Bar)
	}
	if g.Published != nil {
		finite("published", *g.Published)
		faults.Check(g.Source != "", "source", g.Source, "who has published %v", *g.Published)
	}
	for i, v := range g.PyTorch {
		finite(fmt.Sprintf("pytorch.%d", i), v)
	}
	faults.Check(len(g.PyTorch) <= 2 && slices.IsSorted(g.PyTorch), "pytorch", fmt.Sprint(g.PyTorch), "a number, or the least and the greatest")
	return faults
}

// ValidateFor lists the faults of a valid goal together with the targets of the data and the metrics that training is
// asked for beside those that they always have.
func (g Goal) ValidateFor(kind data.TargetKind, asked []string, hasValid bool) fault.List {
	var faults fault.List
	part, metric := g.Split()
	known := slices.Concat(trainer.MetricNames(kind), asked)
	known = slices.DeleteFunc(known, func(name string) bool { return name == trainer.MetricConfusion })
	faults.Check(slices.Contains(known, metric), "metric", g.Metric, "one of %s of %s", strings.Join(known, ", "), part)
	faults.Check(part != "valid" || hasValid, "metric", g.Metric, "a part that the data have")
	return faults
}

package reproduce

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// Result is what the runs of an experiment have come to, as JSON.
type Result struct {
	Experiment string      `json:"experiment"`
	Metric     string      `json:"metric"`
	Seeds      []uint64    `json:"seeds"`
	Values     []float64   `json:"values"`   // of the metric, by seed
	Mean       float64     `json:"mean"`     //
	Interval   *[2]float64 `json:"interval"` // of 95 % for the mean; null with one seed
	Seconds    float64     `json:"seconds"`  // of training, mean over seeds
	Parameters int         `json:"parameters"`
	Bar        *float64    `json:"bar"`
	Reached    *bool       `json:"reached"` // the bar, by the mean; null without one
	Published  *float64    `json:"published"`
	Source     string      `json:"source"`
	PyTorch    []float64   `json:"pytorch"`

	Goal experiment.Goal `json:"-"`

	higher bool // is better
}

func (r *Result) add(one *run.Result) {
	part, metric := r.Goal.Split()
	r.Values = append(r.Values, one.Part(part)[metric])
	r.Seconds += one.Seconds / float64(len(r.Seeds))
	r.Parameters = one.Parameters
}

// halfWidth is that of the interval of 95 % for the mean m of n values with the standard deviation s, n − 1 in the
// denominator: m ± t·s/√n, t the 0.975 quantile of Student's distribution with n − 1 degrees of freedom. It takes the
// values for draws of a normal distribution.
func halfWidth(values []float64) float64 {
	n := float64(len(values))
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(0.975)
	return t * stat.StdDev(values, nil) / math.Sqrt(n)
}

func (r *Result) summarize() {
	g := r.Goal
	r.Metric, r.Bar, r.Published, r.Source, r.PyTorch = g.Metric, g.Bar, g.Published, g.Source, g.PyTorch
	r.Mean = stat.Mean(r.Values, nil)
	if len(r.Values) > 1 {
		half := halfWidth(r.Values)
		r.Interval = &[2]float64{r.Mean - half, r.Mean + half}
	}
	if g.Bar != nil {
		reached := r.Mean <= *g.Bar
		if r.higher {
			reached = r.Mean >= *g.Bar
		}
		r.Reached = &reached
	}
}

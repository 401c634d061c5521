package experiment

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers/spec"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/experiment/suggest"
)

// ClassWeights are the weights of the classes in the loss, by the names of the classes, or [BalancedClasses]. Once the data are loaded
// they become the numbers in LossOptions.ClassWeights, in the order of the classes, so that a run records the numbers it was trained with.
type ClassWeights map[string]float64

// balanced is the word for weights that follow from the data.
const balanced = "balanced"

// BalancedClasses gives each class the weight n/(k·count): n targets of the training part, k classes, count targets of the class. Every
// class then has the same share of the loss. It is "balanced" in a file, as in scikit-learn.
func BalancedClasses() ClassWeights { return ClassWeights{"": math.NaN()} }

func (w ClassWeights) isBalanced() bool {
	weight, ok := w[""]
	return ok && len(w) == 1 && math.IsNaN(weight)
}

// UnmarshalText reads the word "balanced".
func (w *ClassWeights) UnmarshalText(text []byte) error {
	if string(text) != balanced {
		return errors.New(balanced + ", or a mapping of the name of each class to its weight, as {a: 1, b: 2.5}")
	}
	*w = BalancedClasses()
	return nil
}

// MarshalText writes the word "balanced", and nothing for weights by name.
func (w ClassWeights) MarshalText() ([]byte, error) {
	if w.isBalanced() {
		return []byte(balanced), nil
	}
	return nil, nil
}

// checkClassWeights adds the faults that are known without data.
func (c Config) checkClassWeights(faults *fault.List, kind data.TargetKind) {
	w, loss := c.ClassWeights, c.lossFor(kind)
	if w == nil {
		return
	}
	const path = "class_weights"
	found := any(map[string]float64(w))
	if w.isBalanced() {
		found = balanced
	}
	weighs := c.customLoss(loss) == nil && spec.TargetsOf(loss) == spec.ClassTargets
	switch {
	case kind != data.ClassPerSequence && kind != data.ClassPerStep:
		faults.Add(path, found, "nothing: the targets are %v, not classes with names", kind)
	case !weighs:
		faults.Add(path, found, "nothing: the loss %s has no weights of classes", loss)
	case c.LossOptions.ClassWeights != nil:
		faults.Add(path, found, "either class_weights or loss_options.class_weights")
	case !w.isBalanced():
		for _, name := range slices.Sorted(maps.Keys(w)) {
			faults.Check(w[name] >= 0 && !math.IsInf(w[name], 1), path+"."+name, w[name], "a finite number of at least 0")
		}
	}
}

// weighClasses turns the weights by name into the numbers of the loss.
func (e *Experiment) weighClasses(d *data.Data) error {
	w := e.cfg.ClassWeights
	if w == nil || d.Spec.TargetKind != data.ClassPerSequence && d.Spec.TargetKind != data.ClassPerStep {
		return nil // ValidateFor says what is wrong with targets of another kind
	}
	classes := d.Spec.ClassNames()
	var weights []float64
	var faults fault.List
	if w.isBalanced() {
		counts, err := countClasses(d.Train, len(classes))
		if err != nil {
			return err
		}
		weights = balancedWeights(&faults, classes, counts)
	} else {
		weights = namedWeights(&faults, classes, w)
	}
	if len(faults) > 0 {
		return faults.Err()
	}
	e.cfg.ClassWeights, e.cfg.LossOptions.ClassWeights = nil, weights
	return nil
}

func balancedWeights(faults *fault.List, classes []string, counts []int) []float64 {
	sum := 0
	var none []string
	for i, n := range counts {
		if sum += n; n == 0 {
			none = append(none, fmt.Sprintf("%q", classes[i]))
		}
	}
	if len(none) > 0 {
		faults.Add("class_weights", balanced, "weights by name, as the training part has nothing of %s", strings.Join(none, ", "))
		return nil
	}
	weights := make([]float64, len(counts))
	for i, n := range counts {
		weights[i] = float64(sum) / (float64(len(counts)) * float64(n))
	}
	return weights
}

func namedWeights(faults *fault.List, classes []string, w ClassWeights) []float64 {
	const path = "class_weights"
	for _, name := range slices.Sorted(maps.Keys(w)) {
		if !slices.Contains(classes, name) {
			faults.Add(path+"."+name, name, "a class of the data: %s", strings.Join(classes, ", "))
			(*faults)[len(*faults)-1].Meant = suggest.Nearest(classes, name)
		}
	}
	var missing []string
	weights := make([]float64, len(classes))
	for i, name := range classes {
		weight, ok := w[name]
		if weights[i] = weight; !ok {
			missing = append(missing, fmt.Sprintf("%q", name))
		}
	}
	if len(missing) > 0 {
		*faults = append(*faults, fault.Fault{Path: path, Found: "no weight for " + strings.Join(missing, ", "),
			Expected: "one for each class: " + strings.Join(classes, ", ")})
	}
	if positive := func(w float64) bool { return w > 0 }; len(*faults) == 0 && !slices.ContainsFunc(weights, positive) {
		*faults = append(*faults, fault.Fault{Path: path, Found: "only weights of 0", Expected: "a weight above 0 for one class at least"})
	}
	return weights
}

// countClasses counts the targets of each class: sequences, or steps where every step has one.
func countClasses(d data.Dataset, classes int) ([]int, error) {
	const size = 256 // sequences at once
	counts := make([]int, classes)
	var b data.Batch
	for start := 0; start < d.Len(); start += size {
		indices := make([]int, 0, size)
		for i := start; i < min(start+size, d.Len()); i++ {
			indices = append(indices, i)
		}
		b.Steps = 0
		if err := d.Fill(&b, indices); err != nil {
			return nil, err
		}
		for i, label := range b.Labels {
			if b.Weights[i] != 0 && label >= 0 && label < classes {
				counts[label]++
			}
		}
	}
	return counts, nil
}

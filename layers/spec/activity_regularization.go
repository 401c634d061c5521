package spec

import (
	"math"

	"github.com/gruexp/gruexp/graph/fault"
)

// ActivityRegularizationConfig says what the activity of the layer before costs.
type ActivityRegularizationConfig struct {
	L2       float64 `yaml:"l2"`       // α of α·mean x²; Merity et al. 2017 have 2; 0: none
	Temporal float64 `yaml:"temporal"` // β of β·mean (x[t+1]−x[t])²; Merity et al. 2017 have 1; 0: none
}

// WithDefaults returns c: no strengths suit all models.
func (c ActivityRegularizationConfig) WithDefaults() ActivityRegularizationConfig { return c }

// Validate lists what is wrong with the configuration.
func (c ActivityRegularizationConfig) Validate() fault.List {
	var l fault.List
	fine := func(v float64) bool { return v >= 0 && !math.IsInf(v, 1) }
	l.Check(fine(c.L2), "l2", c.L2, "a finite number of at least 0")
	l.Check(fine(c.Temporal), "temporal", c.Temporal, "a finite number of at least 0")
	l.Check(c != ActivityRegularizationConfig{}, "", "neither l2 nor temporal", "at least one of them")
	return l
}

// OutputShape is what the layer makes of its input, and why it cannot.
func (c ActivityRegularizationConfig) OutputShape(in Shape) (Shape, fault.List) {
	var l fault.List
	in.ExpectNumbers(&l)
	l.Check(in.Steps, "", in.String(), "a vector at every step: %s", keepSteps)
	return in, l
}

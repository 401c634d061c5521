package solvers

import (
	"math"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel"
)

// ClipByValue limits every number: Δ = min(max(g, −Max), Max), which may turn the direction of the step (Keras
// clipvalue, PyTorch clip_grad_value_).
type ClipByValue struct {
	Max float64 // above 0

	Stateless
}

// Name is "clip_by_value".
func (*ClipByValue) Name() string { return "clip_by_value" }

// Init checks Max.
func (c *ClipByValue) Init([]*graph.Param) error {
	var faults fault.List
	checkThreshold(&faults, "max", c.Max)
	return faults.Err()
}

// Apply clips.
func (c *ClipByValue) Apply(_ int, us []Update) error {
	for _, u := range us {
		if isFloat32(u.Delta) {
			kernel.Clip(u.Delta.Float32s(), float32(c.Max))
		} else {
			kernel.Clip(u.Delta.Float64s(), c.Max)
		}
	}
	return nil
}

// ClipByNorm limits the Euclidean norm of each parameter's gradient by itself: Δ = g·min(1, Max/‖g‖) (Keras clipnorm).
// A recurrent kernel then steps in its own direction, but the direction of the whole step turns.
type ClipByNorm struct {
	Max float64 // above 0

	Stateless
}

// Name is "clip_by_norm".
func (*ClipByNorm) Name() string { return "clip_by_norm" }

// Init checks Max.
func (c *ClipByNorm) Init([]*graph.Param) error {
	var faults fault.List
	checkThreshold(&faults, "max", c.Max)
	return faults.Err()
}

// Apply clips. A norm that is not finite is an error.
func (c *ClipByNorm) Apply(_ int, us []Update) error {
	for i, u := range us {
		if err := clipNorm(us[i:i+1], c.Max); err != nil {
			return errors.WithMessagef(err, "parameter %s", u.Param.Name)
		}
	}
	return nil
}

// ClipByGlobalNorm limits the Euclidean norm of all gradients together: Δ = g·min(1, Max/‖g‖), with one ‖g‖ for all,
// so that the direction stays (Pascanu et al. 2013, arXiv:1211.5063; Keras global_clipnorm). PyTorch's clip_grad_norm_
// divides by ‖g‖+10⁻⁶ instead.
type ClipByGlobalNorm struct {
	Max float64 // above 0

	Stateless
}

// Name is "clip_by_global_norm".
func (*ClipByGlobalNorm) Name() string { return "clip_by_global_norm" }

// Init checks Max.
func (c *ClipByGlobalNorm) Init([]*graph.Param) error {
	var faults fault.List
	checkThreshold(&faults, "max", c.Max)
	return faults.Err()
}

// Apply clips. A norm that is not finite is an error.
func (c *ClipByGlobalNorm) Apply(_ int, us []Update) error { return clipNorm(us, c.Max) }

// clipNorm scales us together so that their norm is at most limit. Gradients within it are only read.
func clipNorm(us []Update, limit float64) error {
	norm := math.Sqrt(totalSquares(us))
	if err := checkNorm(norm); err != nil {
		return err
	}
	if norm > limit {
		scale(us, limit/norm)
	}
	return nil
}

// checkNorm returns an error for a norm that is not finite.
func checkNorm(norm float64) error {
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		return errors.Errorf("norm of the gradient: found %v, expected a finite number", norm)
	}
	return nil
}

// scale multiplies all of us.
func scale(us []Update, factor float64) {
	for _, u := range us {
		if isFloat32(u.Delta) {
			kernel.Scale(u.Delta.Float32s(), float32(factor))
		} else {
			kernel.Scale(u.Delta.Float64s(), factor)
		}
	}
}

// totalSquares is the sum of squares over all of us.
func totalSquares(us []Update) float64 {
	var squares float64
	for _, u := range us {
		if isFloat32(u.Delta) {
			squares += kernel.SumOfSquares(u.Delta.Float32s())
		} else {
			squares += kernel.SumOfSquares(u.Delta.Float64s())
		}
	}
	return squares
}

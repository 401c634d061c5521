package experiment

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// Conformal is the [Config.Calibration] that moves quantiles after the training until as many targets of the validation part are below
// each as its level says (conformalized quantile regression, Romano et al. 2019, arXiv:1905.03222, each bound by itself). For the quantile
// τ of an output let r be the n differences y − q(τ) of the validation part in rising order. Then
//
//	q(τ) ← q(τ) + r(k),  k = ⌈(n+1)·τ⌉ for τ > 1/2,  k = ⌊(n+1)·τ⌋ for τ < 1/2, counted from 1
//
// With new targets that come from where those of the validation part come from, the share below an upper quantile is then at least τ
// and below a lower one at most τ, for any model. Windows that overlap depend on each other, and series change, so that the share
// of a forecast is near τ and not exactly that. The quantile 1/2 stays as it is. The shift becomes part of the bias of the last layer:
// predictions, exports and the runtime know nothing of it.
const Conformal = "conformal"

// checkCalibration adds the faults of a calibration that the loss, the model or the data do not have.
func (c Config) checkCalibration(faults *fault.List, loss layers.Loss, hasValid bool) {
	if c.Calibration == "" {
		return
	}
	if c.Calibration != Conformal {
		faults.Add("calibration", c.Calibration, "%s, or nothing", Conformal)
		return
	}
	faults.Check(loss == layers.QuantileLoss, "calibration", c.Calibration, "nothing: it is for the loss %s, and this is %s", layers.QuantileLoss, loss)
	faults.Check(hasValid, "calibration", c.Calibration, "nothing without a validation part, which tells by how much to move the quantiles")
	linear := false
	if n := len(c.Model.Layers); n > 0 {
		last := c.Model.Layers[n-1].Dense
		linear = last != nil && (last.Activation == layers.Linear || last.Activation == "")
	}
	faults.Check(linear, "calibration", c.Calibration, "nothing, or a layer dense without an activation as the last one: its bias moves the quantiles")
}

// enoughToCalibrate is an error where a quantile is nearer to 0 or 1 than the targets of the validation part can tell.
func (e *Experiment) enoughToCalibrate() error {
	if e.cfg.Calibration == "" || e.data.Spec.TargetKind != data.ValuesPerSequence {
		return nil
	}
	for i, level := range e.model.Head().Options.Quantiles {
		n := e.data.Valid.Len()
		if level == 0.5 || rankOf(level, n) > 0 {
			continue
		}
		return fault.List{{
			Path: fmt.Sprintf("loss_options.quantiles.%d", i), Found: fmt.Sprint(level),
			Expected: fmt.Sprintf("with calibration: %s a level that %d targets of the validation part can tell, from %.4g to %.4g", Conformal, n, 1/float64(n+1), 1-1/float64(n+1)),
		}}.Err()
	}
	return nil
}

// rankOf is which of n differences in rising order, counted from 1, moves a quantile; 0 where n are too few.
func rankOf(level float64, n int) int {
	at := float64(n+1) * level
	k := int(math.Floor(at + 1e-9)) // (n+1)·0.1 of 9 is 1, however it is rounded
	if level > 0.5 {
		k = int(math.Ceil(at - 1e-9))
	}
	if k > n {
		return 0
	}
	return k
}

// calibrate moves the quantiles of the trained model.
func (e *Experiment) calibrate(ctx context.Context, t *trainer.Trainer) error {
	if e.cfg.Calibration == "" {
		return nil
	}
	rows, err := t.RawPredictions(ctx, e.model, e.data.Valid)
	if err != nil {
		return err
	}
	head, spec := e.model.Head(), e.data.Spec
	levels := head.Options.Quantiles
	params := e.model.Params()
	bias := params[len(params)-1]
	if bias.Role != graph.RoleBias || bias.Value.DataSize() != head.Width() {
		return errors.Errorf("calibration: found the last parameter %s of shape %v, expected the bias of %d quantiles", bias.Name, bias.Value.Shape(), head.Width())
	}
	differences := make([]float64, len(rows))
	for k := range head.Units {
		for i, level := range levels {
			if level == 0.5 {
				continue
			}
			at := k*len(levels) + i
			for row, p := range rows {
				differences[row] = p.Truth[k] - p.Values[at]
			}
			rank := rankOf(level, len(rows))
			if rank == 0 {
				return errors.Errorf("calibration: found %d targets in the validation part, expected more for the quantile %g", len(rows), level)
			}
			slices.Sort(differences)
			shift := differences[rank-1]
			if spec.TargetScale != nil {
				shift /= spec.TargetScale[k]
			}
			if bias.Value.Dtype() == tensor.Float32 {
				bias.Value.Float32s()[at] += float32(shift)
			} else {
				bias.Value.Float64s()[at] += shift
			}
		}
	}
	return nil
}

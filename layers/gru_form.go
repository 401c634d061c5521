package layers

import (
	"fmt"

	"github.com/gruexp/gruexp/graph/kernel"
)

// formSpec is what the layer has to know of a form.
type formSpec struct {
	gates  int            // column blocks of every kernel
	step   cellStep       // of the engine composed
	fused  bool           // whether the engine fused has it
	kernel kernel.GRUForm // of the engine fused
}

// spec is the one place where a form is tied to what runs it.
func (c GRUConfig) spec() formSpec {
	switch c.Form {
	case ResetBefore:
		form := kernel.ResetBeforePast
		if c.Update == UpdateNew {
			form = kernel.ResetBeforeNew
		}
		return formSpec{gates: 3, step: resetBeforeStep, fused: true, kernel: form}
	case ThreeGate:
		return formSpec{gates: 4, step: threeGateStep, fused: true, kernel: kernel.ThreeGate}
	case Tied:
		return formSpec{gates: 1, step: tiedStep, fused: true, kernel: kernel.Tied}
	case lstmForm:
		return formSpec{gates: 4, step: lstmStep, fused: true, kernel: kernel.LSTM}
	case rnnForm:
		return formSpec{gates: 1, step: rnnStep, fused: true, kernel: kernel.Tanh}
	default:
		return formSpec{gates: 3, step: resetAfterStep, fused: true, kernel: kernel.ResetAfter}
	}
}

// notFused names what of the configuration the engine fused does not have, and is empty where it has all of it.
func (c GRUConfig) notFused() string {
	switch {
	case !c.spec().fused:
		return fmt.Sprintf("form: %s", c.Form)
	case c.Form == ThreeGate && c.Gating == InputGating:
		return fmt.Sprintf("gating: %s", c.Gating)
	}
	return ""
}

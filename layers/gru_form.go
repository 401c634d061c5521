package layers

import "fmt"

// formSpec is what the layer has to know of a form.
type formSpec struct {
	gates int      // column blocks of every kernel
	step  cellStep // of the engine composed
	fused bool     // whether the engine fused has it
}

// spec is the one place where a form is tied to what runs it.
func (f Form) spec() formSpec {
	switch f {
	case ResetBefore:
		return formSpec{gates: 3, step: resetBeforeStep}
	case ThreeGate:
		return formSpec{gates: 4, step: threeGateStep}
	case Tied:
		return formSpec{gates: 1, step: tiedStep}
	default:
		return formSpec{gates: 3, step: resetAfterStep, fused: true}
	}
}

// notFused names what of the configuration the engine fused does not have, and is empty where it has all of it.
func (c GRUConfig) notFused() string {
	switch {
	case !c.Form.spec().fused:
		return fmt.Sprintf("form: %s", c.Form)
	case c.Activation != Tanh:
		return fmt.Sprintf("activation: %s", c.Activation)
	case c.GateActivation != Sigmoid:
		return fmt.Sprintf("gate_activation: %s", c.GateActivation)
	case c.LayerNorm:
		return "layer_norm"
	case c.Zoneout > 0:
		return "zoneout"
	case c.RecurrentDropoutGates == SeparateMasks:
		return "recurrent_dropout_gates: separate"
	}
	return ""
}

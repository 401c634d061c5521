package layers_test

import (
	"fmt"

	"github.com/gruexp/gruexp/layers"
)

// gruOptions is a GRU with some of its options.
type gruOptions struct {
	name   string
	inputs int
	config layers.GRUConfig
}

const optionInputs = 2 // of all but one: gates act on inputs of their own size in another way

// allGRUOptions has every form with every option, each by itself and all that go together.
func allGRUOptions() []gruOptions {
	const units = 3
	forms := map[string]layers.GRUConfig{
		"reset-after":              {},
		"reset-before":             {Form: layers.ResetBefore},
		"reset-before, update new": {Form: layers.ResetBefore, Update: layers.UpdateNew},
		"three-gate":               {Form: layers.ThreeGate},
		"three-gate, input gating": {Form: layers.ThreeGate, Gating: layers.InputGating},
		"tied":                     {Form: layers.Tied},
	}
	var all []gruOptions
	add := func(form, name string, set func(*layers.GRUConfig)) {
		cfg := forms[form]
		cfg.Units = units
		if set != nil {
			set(&cfg)
		}
		all = append(all, gruOptions{fmt.Sprintf("%s, %s", form, name), optionInputs, cfg})
	}
	for _, form := range []string{
		"reset-after", "reset-before", "reset-before, update new", "three-gate", "three-gate, input gating", "tied",
	} {
		for _, bias := range []layers.BiasLayout{layers.NoBias, layers.OneBias, layers.TwoBiases} {
			add(form, "bias "+string(bias), func(c *layers.GRUConfig) { c.Bias = bias })
		}
		add(form, "layer norm", func(c *layers.GRUConfig) { c.LayerNorm, c.Bias = true, layers.TwoBiases })
		add(form, "learned initial state, backward", func(c *layers.GRUConfig) { c.InitialState, c.GoBackwards = layers.LearnedState, true })
		add(form, "recurrent dropout", func(c *layers.GRUConfig) { c.RecurrentDropout = 0.4 })
		add(form, "zoneout", func(c *layers.GRUConfig) { c.Zoneout = 0.3 })
		add(form, "all noise", func(c *layers.GRUConfig) {
			c.Dropout, c.OutputDropout, c.DropoutMask, c.ReturnSequences = 0.2, 0.3, layers.MaskPerSequence, true
			c.RecurrentDropout, c.Zoneout, c.WeightDropout = 0.2, 0.2, 0.3
			c.InitialState = layers.LearnedState
			if c.Form != layers.Tied {
				c.RecurrentDropoutGates = layers.SeparateMasks
			}
		})
	}
	all = append(all, gruOptions{"three-gate, input gating of equal size", units,
		layers.GRUConfig{Units: units, Form: layers.ThreeGate, Gating: layers.InputGating, LayerNorm: true}})

	add("reset-after", "bias hidden", func(c *layers.GRUConfig) { c.Bias = layers.HiddenBias })
	add("reset-after", "weight dropout", func(c *layers.GRUConfig) { c.WeightDropout = 0.3 })
	add("reset-after", "separate masks", func(c *layers.GRUConfig) {
		c.RecurrentDropout, c.RecurrentDropoutGates = 0.4, layers.SeparateMasks
	})
	add("reset-after", "dropout by step", func(c *layers.GRUConfig) { c.Dropout, c.OutputDropout = 0.3, 0.2 })
	add("reset-after", "other activations", func(c *layers.GRUConfig) {
		c.Activation, c.GateActivation = layers.ReLU, layers.Tanh
	})
	for _, form := range []string{"reset-before", "reset-before, update new", "three-gate", "three-gate, input gating"} {
		add(form, "other activations", func(c *layers.GRUConfig) { c.Activation, c.GateActivation = layers.Swish, layers.HardSigmoid })
	}
	add("tied", "other activations", func(c *layers.GRUConfig) { c.Activation, c.GateActivation = layers.Linear, layers.Sigmoid })
	for _, form := range []string{"reset-after", "reset-before", "reset-before, update new", "three-gate", "tied"} {
		add(form, "heads", func(c *layers.GRUConfig) { c.Units, c.Heads = 4, 2 })
		add(form, "heads with all", func(c *layers.GRUConfig) {
			c.Units, c.Heads, c.LayerNorm, c.Bias, c.InitialState = 6, 3, true, layers.TwoBiases, layers.LearnedState
			c.Zoneout, c.WeightDropout, c.RecurrentDropout, c.ReturnSequences, c.GoBackwards = 0.2, 0.3, 0.2, true, form == "reset-before"
			if c.Form != layers.Tied {
				c.RecurrentDropoutGates = layers.SeparateMasks
			}
		})
	}
	add("reset-after", "heads, both ways", func(c *layers.GRUConfig) {
		c.Units, c.Heads, c.Bias, c.Bidirectional, c.RecurrentDropout = 4, 2, layers.HiddenBias, true, 0.3
	})
	add("reset-after", "one head", func(c *layers.GRUConfig) { c.Heads = 1 })
	for _, merge := range []layers.Merge{layers.MergeConcat, layers.MergeSum, layers.MergeMean, layers.MergeMul} {
		add("reset-after", "merge "+string(merge), func(c *layers.GRUConfig) {
			c.Bidirectional, c.Merge, c.ReturnSequences = true, merge, true
		})
		add("tied", "last states, merge "+string(merge), func(c *layers.GRUConfig) {
			c.Bidirectional, c.Merge, c.InitialState = true, merge, layers.LearnedState
		})
	}
	return all
}

// width is the size of the output of a step.
func (o gruOptions) width() int {
	if o.config.WithDefaults().Merge == layers.MergeConcat {
		return 2 * o.config.Units
	}
	return o.config.Units
}

// gruModels are the GRUs of allGRUOptions by themselves, or with a dense layer behind where the last layer must be one.
func gruModels() []small {
	var models []small
	for _, o := range allGRUOptions() {
		m := small{
			o.name, layers.Input{Size: o.inputs}, []layers.LayerConfig{gru(o.config)},
			layers.Head{Loss: layers.MeanSquaredError, Units: o.width(), PerStep: o.config.ReturnSequences},
		}
		if o.config.OutputDropout > 0 {
			m.layers, m.head.Units = append(m.layers, dense(layers.DenseConfig{})), 2
		}
		models = append(models, m)
	}
	return models
}

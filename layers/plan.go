package layers

import (
	"fmt"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
)

// layerConfig is what the configuration of a layer can do within a model.
type layerConfig interface {
	Validate() fault.List

	// follow returns what the layer makes of its input, and why it cannot.
	follow(in signal) (signal, fault.List)

	// elements is how many numbers the layer's parameters have.
	elements(in signal) int64

	make(name string, in signal, dtype tensor.Dtype, streams *graph.Streams) (Layer, error)
}

// signal is what one layer hands to the next, as far as it is known before there are data.
type signal struct {
	tokens   bool   // ids, where width is the vocabulary; else numbers
	steps    bool   // [T,B,width]; else [B,width]
	width    int    // 0: not known
	pooledBy string // path of the layer that made one vector of the steps
}

func (s signal) String() string {
	switch {
	case s.tokens:
		return "token ids"
	case s.steps:
		return "a vector at every step"
	case s.pooledBy != "":
		return "one vector a sequence from " + s.pooledBy
	default:
		return "one vector a sequence"
	}
}

// keepSteps says how to have steps where there are none.
const keepSteps = "leave pools out and set return_sequences: true in every gru before"

// expectNumbers adds a fault where the signal is tokens.
func (s signal) expectNumbers(l *fault.List) {
	l.Check(!s.tokens, "", s, "numbers: tokens need an embedding as the first layer")
}

// placed is a layer with its place in a model.
type placed struct {
	layerConfig
	name string
	in   signal
}

// plan follows the signal through all layers and lists everything wrong with them and with how they fit together. With
// a head it looks at the input and the end of the model, too, and sets the size of the last layer. The configuration has
// its defaults. A plan with faults is of no use.
func (c ModelConfig) plan(head *Head) ([]placed, fault.List) {
	var faults fault.List
	faults.Under("input", c.Input.validate(head != nil))
	if len(c.Layers) == 0 {
		faults.Add("layers", "none", "at least one layer")
		return nil, faults
	}

	var plan []placed
	counts := map[string]int{}
	in := c.firstSignal()
	for i, l := range c.Layers {
		kind, layer := l.one()
		if layer == nil {
			faults.Add(fmt.Sprintf("layers.%d", i), "none or several", "one of gru, dense, embedding, dropout and pool")
			return nil, faults // whether the others fit hangs on what this would have been
		}
		path := fmt.Sprintf("layers.%d.%s", i, kind)
		if d := l.Dense; d != nil && d.Units == 0 {
			last := i == len(c.Layers)-1
			faults.Check(last, path+".units", 0, "at least 1: only in the last layer it follows from the task")
			if last && head != nil {
				d.Units = head.Units
			}
		}
		plan = append(plan, placed{layer, fmt.Sprintf("%s%d", kind, counts[kind]), in})
		counts[kind]++

		own := layer.Validate()
		faults.Under(path, own)
		if own != nil {
			in.width = 0 // no second fault for the same size
		}
		out, misfits := layer.follow(in)
		faults.Under(path, misfits)
		if own != nil {
			out.width = 0
		}
		if out.pooledBy = in.pooledBy; in.steps && !out.steps {
			out.pooledBy = path
		}
		if head != nil {
			faults.Under(path, head.misfits(l, out, i == len(c.Layers)-1))
		}
		in = out
	}
	if c.Decoder != nil {
		faults.Under("decoder", c.Decoder.Validate())
	}
	if head != nil {
		faults = append(faults, c.ValidateDecoder(head.Sequence)...)
	}
	if c.Decoder != nil && head != nil && len(faults) == 0 {
		faults.Under("decoder", c.Decoder.follow(in.width, head.Units))
	}
	return plan, faults
}

// ValidateDecoder lists the fault of a decoder that a task lacks, or does not have a use for.
func (c ModelConfig) ValidateDecoder(wanted bool) fault.List {
	var l fault.List
	l.Check(c.Decoder != nil || !wanted, "decoder", "none", "a section: the task asks for a sequence of its own")
	l.Check(c.Decoder == nil || wanted, "decoder", "a section", "none: the task asks for no sequence of its own")
	return l
}

// firstSignal is what the first layer gets.
func (c ModelConfig) firstSignal() signal {
	switch {
	case c.Input.Vocabulary != 0:
		return signal{tokens: true, steps: true, width: c.Input.Vocabulary}
	case c.Input.Size != 0:
		return signal{steps: true, width: c.Input.Size}
	default:
		return signal{tokens: c.Layers[0].Embedding != nil, steps: true}
	}
}

func (in Input) validate(required bool) fault.List {
	var l fault.List
	switch {
	case in.Vocabulary != 0 && in.Size != 0:
		l.Add("", fmt.Sprintf("both vocabulary %d and size %d", in.Vocabulary, in.Size), "one of them")
	case in.Vocabulary != 0:
		checkVocabulary(&l, "vocabulary", in.Vocabulary)
	case in.Size != 0:
		checkUnits(&l, "size", in.Size)
	case required:
		l.Add("", "neither vocabulary nor size", "one of them")
	}
	return l
}

// misfits lists why the task cannot have this layer, which gives out.
func (h Head) misfits(c LayerConfig, out signal, last bool) fault.List {
	var l fault.List
	if h.Causal && c.GRU != nil {
		l.Check(!c.GRU.Bidirectional, "bidirectional", true, "false: the task asks for later steps, and the backward direction has seen them")
	}
	if !last {
		return l
	}
	if h.Sequence {
		l.Check(c.GRU != nil && out.steps, "", out.String(),
			"a gru with return_sequences: true as the last layer: the decoder begins with its last state and attends to all of them")
		return l
	}
	switch {
	case h.PerStep && !out.steps:
		l.Add("", out.String(), "a vector at every step, as the task wants: %s", keepSteps)
	case !h.PerStep && out.steps:
		l.Add("", out.String(), "one vector a sequence, as the task wants: end with a pool or set return_sequences: false in the last gru")
	}
	size := ""
	if c.Dense != nil {
		size = "units"
	}
	l.Check(out.width == 0 || out.width == h.Units, size, fmt.Sprintf("%d units", out.width), "%d, as the task wants", h.Units)
	if c.Dense != nil && h.Loss != MeanSquaredError {
		l.Check(c.Dense.Activation == Linear, "activation", string(c.Dense.Activation), "%s: the loss %s takes logits", Linear, h.Loss)
	}
	return l
}

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
	tokens bool // ids, where width is the vocabulary; else numbers
	steps  bool // [T,B,width]; else [B,width]
	width  int  // 0: not known

	categories []CategoryBlock // of the input of the model

	// planLayers hands these on, whatever a layer says.
	madeBy    string // path of the layer whose output this is; empty: the input of the model
	strided   bool   // there are fewer steps than in the input of the model
	pooledBy  string // path of the layer that made one vector of the steps
	droppedBy string // path of the layer whose output this is, where dropout was applied to it
	head      *Head  // what the task wants; nil: not known
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

// asksForLater says why a layer must not look ahead.
const asksForLater = "the task asks for later steps"

// expectNumbers adds a fault where the signal is tokens.
func (s signal) expectNumbers(l *fault.List) {
	l.Check(!s.tokens, "", s, "numbers: tokens need an embedding as the first layer")
}

// expectUndropped adds a fault where dropout was applied to the signal already.
func (s signal) expectUndropped(l *fault.List, path string, rate float64) {
	l.Check(s.droppedBy == "", path, rate, "none: %s has dropped out of the same numbers, and one rate says it all", s.droppedBy)
}

// expectSteps adds a fault where the signal is one vector a sequence.
func (s signal) expectSteps(l *fault.List) {
	if !s.steps {
		l.Add("", s.String(), "a vector at every step: %s", keepSteps)
	}
}

// isCausal tells whether no layer may look ahead.
func (s signal) isCausal() bool { return s.head != nil && s.head.Causal }

// isTruncated tells whether batches are windows of sequences.
func (s signal) isTruncated() bool { return s.head != nil && s.head.Truncated }

// checkStateful adds a fault unless a layer carries its state from batch to batch exactly where these are windows of the
// same sequences.
func (s signal) checkStateful(l *fault.List, stateful bool) {
	if s.head == nil {
		return
	}
	if s.head.Truncated {
		l.Check(stateful, "stateful", false, "true: sequences come in windows, and without it each would begin anew")
	} else {
		l.Check(!stateful, "stateful", true, "false without trainer.truncate: one batch does not go on where another ended")
	}
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
	last := len(c.Layers) - 1
	open := noneOpen
	if d := c.Layers[last].Dense; d != nil && d.Units == 0 {
		open = last
		if head != nil {
			d.Units = head.width()
		}
	}
	in := c.firstSignal()
	in.head = head
	plan, out, misfits := planLayers(c.Layers, in, open)
	faults = append(faults, misfits...)
	if plan == nil {
		return nil, faults
	}
	_, name, _ := c.Layers[last].one()
	path := fmt.Sprintf("layers.%d.%s", last, name)
	if head != nil {
		faults.Under(path, head.misfits(c.Layers[last], out))
		faults = append(faults, c.ValidateDecoder(head.Sequence)...)
	}
	if c.Decoder != nil {
		faults.Under("decoder", c.Decoder.Validate())
		if head != nil && len(faults) == 0 {
			faults.Under("decoder", c.Decoder.follow(*c.Layers[last].GRU, head.Units))
		}
	}
	return plan, faults
}

// noneOpen is the number of no layer.
const noneOpen = -1

// planLayers follows the signal through layers, which are called by kind and number, and lists what is wrong by paths from
// "layers". The dense layer with the number open may leave its size to the task. Where it is not clear what the layers
// are there is no plan; with faults it is of no use.
func planLayers(layers []LayerConfig, in signal, open int) (plan []placed, out signal, faults fault.List) {
	counts := map[string]int{}
	for i, l := range layers {
		layer, name, unclear := l.one()
		if unclear != nil {
			faults.Under(fmt.Sprintf("layers.%d", i), unclear)
			return nil, signal{}, faults // whether the others fit hangs on what this would have been
		}
		path := fmt.Sprintf("layers.%d.%s", i, name)
		if d := l.Dense; d != nil && i != open {
			faults.Check(d.Units != 0, path+".units", 0, "at least 1: only in the last layer it follows from the task")
		}
		plan = append(plan, placed{layer, fmt.Sprintf("%s%d", name, counts[name]), in})
		counts[name]++

		own := layer.Validate()
		faults.Under(path, own)
		if own != nil {
			in.width = 0 // no second fault for the same size
		}
		var misfits fault.List
		out, misfits = layer.follow(in)
		faults.Under(path, misfits)
		if own != nil {
			out.width = 0
		}
		out.head, out.categories = in.head, nil
		out.strided = out.strided || in.strided
		if out.pooledBy = in.pooledBy; in.steps && !out.steps {
			out.pooledBy = path
		}
		out.madeBy, out.droppedBy = path, ""
		if d, ok := layer.(interface{ drops() bool }); ok && d.drops() {
			out.droppedBy = path
		}
		in = out
	}
	return plan, out, faults
}

// makeLayers makes the layers of a plan without faults.
func makeLayers(prefix string, plan []placed, dtype tensor.Dtype, streams *graph.Streams) ([]Layer, error) {
	layers := make([]Layer, len(plan))
	for i, p := range plan {
		var err error
		if layers[i], err = p.make(prefix+p.name, p.in, dtype, streams); err != nil {
			return nil, err
		}
	}
	return layers, nil
}

// elementsOf is how many numbers the parameters of the layers have.
func elementsOf(plan []placed) (n int64) {
	for _, p := range plan {
		n += p.elements(p.in)
	}
	return n
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
		return signal{steps: true, width: c.Input.Size, categories: c.Input.Categories}
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
	if in.Vocabulary == 0 && in.Size >= 1 || in.Categories == nil {
		l.Under("categories", validateCategories(in.Categories, in.Size))
	} else {
		l.Add("categories", fmt.Sprintf("%d blocks", len(in.Categories)), "none without a size: they are of numbers")
	}
	return l
}

// validateCategories lists what is wrong with the blocks of an input of that size.
func validateCategories(categories []CategoryBlock, size int) fault.List {
	var l fault.List
	before := 0
	for i, block := range categories {
		path := fmt.Sprint(i)
		l.Check(block.First >= before, path+".first", block.First, "%d or more: blocks stand one behind the other", before)
		l.Check(block.Count >= 1 && block.Count <= size-block.First, path+".count", block.Count, "1 or more, and no more than the input has from first on")
		if len(l) > 0 {
			return l
		}
		before = block.end()
	}
	return l
}

// misfits lists why the task cannot have this layer, which gives out, as the last one.
func (h Head) misfits(c LayerConfig, out signal) fault.List {
	var l fault.List
	if h.Sequence {
		l.Check(c.GRU != nil && out.steps, "", out.String(),
			"a gru with return_sequences: true as the last layer: the decoder begins with its last state and attends to all of them")
		return l
	}
	l.Check(out.droppedBy == "", "", "dropout of the predictions", "a last layer without dropout of its output")
	switch {
	case h.PerStep && !out.steps:
		l.Add("", out.String(), "a vector at every step, as the task wants: %s", keepSteps)
	case h.PerStep && out.strided:
		l.Add("", "fewer steps than the input has", "a vector at every step, as the task wants: strides: 1 in every conv1d")
	case !h.PerStep && out.steps:
		l.Add("", out.String(), "one vector a sequence, as the task wants: end with a pool or set return_sequences: false in the last gru")
	}
	size := ""
	if c.Dense != nil {
		size = "units"
	}
	l.Check(out.width == 0 || out.width == h.width(), size, fmt.Sprintf("%d units", out.width), "%d, as the task wants", h.width())
	if c.Dense != nil && h.Loss.takesLogits() {
		l.Check(c.Dense.Activation == Linear, "activation", string(c.Dense.Activation), "%s: the loss %s takes logits", Linear, h.Loss)
	}
	return l
}

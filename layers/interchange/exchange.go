package interchange

import (
	"io"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/layers/spec"
)

// Format names a kind of file for weights.
type Format string

// The formats.
const (
	Safetensors Format = "safetensors" // a model file of this package; to import, any safetensors file with our names
	Torch       Format = "torch"       // the state_dict of PyTorch, in safetensors
	Keras       Format = "keras"       // the weights of Keras 3 by their paths, in .npz
	ONNX        Format = "onnx"        // a whole model for ONNX runtimes; not to import
	NPZ         Format = "npz"         // our names and shapes in .npz
)

// Formats returns every format.
func Formats() []Format { return []Format{Safetensors, Torch, Keras, ONNX, NPZ} }

// ImportFormats returns the formats that can be imported.
func ImportFormats() []Format { return []Format{Safetensors, Torch, Keras, NPZ} }

// OmissionsKey is the key of what an exported file leaves out, a sentence a line: see [Omissions].
const OmissionsKey = "gruexp.omissions"

// Omissions says in sentences what a file of the format does not have of the model or of the run that trained it, so that its
// user knows what to do with what goes in and comes out.
func Omissions(m *layers.Model, format Format) []string {
	const inputs = "The inputs of the model are numbers after scaling, filling and encoding, or token ids, as the run prepared them; the preparation itself is not part of the format (a model file and the properties of an ONNX file keep its numbers in the metadata)."
	outputs := map[spec.Targets]string{
		spec.ClassTargets:  "The predictions are logits: their softmax is the probability of each class.",
		spec.EventTargets:  "The predictions are logits: their sigmoid is the probability of each event.",
		spec.NumberTargets: "The predictions are numbers on the scale of the prepared targets, not in the units of the data.",
	}[m.Head().Targets()]
	switch format {
	case Safetensors:
		return nil
	case ONNX:
		return []string{inputs, outputs}
	case Torch, Keras:
		return []string{"The file has the weights alone: which layers there are, and the activations of dense layers, are up to the program that reads it.", inputs, outputs}
	default:
		return []string{"The file has the weights alone, without the configuration of the model.", inputs, outputs}
	}
}

// Export writes the model in a format; the metadata go into model files and ONNX files. Tensors have the names that the format gives them but for the renamings. The
// error of a model that the format cannot hold, and of renamings that do not fit, is a [*fault.Error], with the paths of
// the model's configuration or "map".
func Export(w io.Writer, m *layers.Model, format Format, renamings []Renaming, metadata map[string]string) error {
	n := newNames(renamings)
	slots, err := slotsOf(m, format, n)
	if err != nil {
		return err
	}
	if format == ONNX {
		properties, err := withDescription(m, metadata)
		if err != nil {
			return err
		}
		properties[OmissionsKey] = strings.Join(Omissions(m, format), "\n")
		return writeONNX(w, m, properties)
	}
	if format == Safetensors && len(renamings) == 0 {
		return Write(w, m, metadata)
	}
	tensors := make([]weights.Tensor, len(slots))
	for i, s := range slots {
		tensors[i] = s.tensor()
	}
	if format == Keras || format == NPZ {
		return weights.EncodeNPZ(w, tensors)
	}
	return weights.Encode(w, tensors, nil)
}

// Import fills the model with the weights of a file. They must be all that the model has and nothing else, finite, and
// of the model's precision; if they are not, the model stays as it is. What is wrong with the file's form, and how
// file and model disagree, is a [*fault.Error], with every tensor by its name in the file; the other errors are those of
// [Export].
func Import(path string, m *layers.Model, format Format, renamings []Renaming) error {
	if !slices.Contains(ImportFormats(), format) {
		return errors.Errorf("import: found the format %q, expected one of %v", format, ImportFormats())
	}
	tensors, err := readTensors(path, format)
	if err != nil {
		return err
	}
	if format == Torch {
		renamings = findTorchGRU(tensors, renamings)
	}
	slots, err := slotsOf(m, format, newNames(renamings))
	if err != nil {
		return err
	}
	placeholders := make([]*graph.Param, len(slots))
	for i, s := range slots {
		placeholders[i] = s.placeholder()
	}
	if err := assign(tensors, placeholders); err != nil {
		return fault.In(path, err)
	}
	for i, t := range graph.Tensors(placeholders) {
		slots[i].set(t.Data)
	}
	return nil
}

func readTensors(path string, format Format) ([]weights.Tensor, error) {
	if format == Keras || format == NPZ {
		return weights.ReadNPZ(path)
	}
	file, err := weights.Read(path)
	if err != nil {
		return nil, err
	}
	return file.Tensors, nil
}

// assign is [graph.Assign] that also rejects numbers that are not finite.
func assign(tensors []weights.Tensor, params []*graph.Param) error {
	faults := weights.Compare(tensors, graph.Tensors(params))
	for _, t := range tensors {
		var f fault.Fault
		if errors.As(weights.CheckFinite([]weights.Tensor{t}), &f) {
			faults = append(faults, f)
		}
	}
	if len(faults) > 0 {
		return faults.Err()
	}
	return graph.Assign(params, tensors)
}

// slotsOf lays out the model's parameters as the format does.
func slotsOf(m *layers.Model, format Format, n *names) ([]slot, error) {
	var slots []slot
	var faults fault.List
	switch format {
	case Torch:
		slots, faults = torchSlots(m, n)
	case Keras:
		slots, faults = kerasSlots(m, n)
	case Safetensors, NPZ:
		slots = ownSlots(m, n)
	case ONNX:
		_, faults = parts(m, "ONNX")
	default:
		return nil, errors.Errorf("found the format %q, expected one of %v", format, Formats())
	}
	if len(faults) == 0 {
		n.check(&faults)
	}
	return slots, faults.Err()
}

// ownSlots is the parameters as they are.
func ownSlots(m *layers.Model, n *names) []slot {
	var slots []slot
	for _, p := range m.Params() {
		s := same(p.Name, p)
		n.rename(p.Name, &s)
		slots = append(slots, s)
	}
	return slots
}

package runtime

import (
	"io"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/layers/spec"
)

// Open reads a model file, as model.safetensors of a run: safetensors, with the description of the model in the metadata. A
// model with layers, cells or losses that are not built in needs them in kinds. The file need not be trusted: what is wrong
// with it is an error of type [*fault.Error].
func Open(path string, kinds ...spec.Kinds) (*Model, error) {
	file, err := weights.Read(path)
	if err != nil {
		return nil, err
	}
	m, err := fromFile(file, kinds)
	return m, fault.In(path, err)
}

// Decode is [Open] for a model file of size bytes from r, as one that is embedded in a program.
func Decode(r io.Reader, size int64, kinds ...spec.Kinds) (*Model, error) {
	file, err := weights.Decode(r, size)
	if err != nil {
		return nil, err
	}
	return fromFile(file, kinds)
}

func fromFile(file *weights.File, kinds []spec.Kinds) (*Model, error) {
	var known spec.Kinds
	if len(kinds) > 0 {
		known = kinds[0]
	}
	description, err := spec.ReadMetadata(file.Metadata, known)
	if err != nil {
		return nil, err
	}
	plan, err := description.Plan(func(name string) int {
		t, _ := file.Tensor(name)
		return t.Elements()
	})
	if err != nil {
		return nil, err
	}
	if err := weights.CheckFinite(file.Tensors); err != nil {
		return nil, err
	}
	m, err := newModel(plan, file.Tensors)
	if err != nil {
		return nil, err
	}
	m.metadata = file.Metadata
	return m, nil
}

package interchange

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"os"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/layers/spec"
)

// Keys of the metadata of a model file, which package spec writes and reads. There may be others.
const (
	VersionKey = spec.VersionKey
	ModelKey   = spec.ModelKey
	HeadKey    = spec.HeadKey
)

// Version is the version of model files that is written, and the only one that is read.
const Version = spec.FileVersion

// Write writes a whole model file: safetensors, the parameters by their names, the configuration and the head in the metadata.
// Other metadata may be added under other keys.
func Write(w io.Writer, m *layers.Model, metadata map[string]string) error {
	all, err := withDescription(m, metadata)
	if err != nil {
		return err
	}
	return weights.Encode(w, graph.Tensors(m.Params()), all)
}

// withDescription is a copy of the metadata with the description of the model.
func withDescription(m *layers.Model, metadata map[string]string) (map[string]string, error) {
	if !m.Described() {
		return nil, errors.New("found a model that was put together from layers, expected one that was made of a configuration: a file needs the description of its layers, so give them kinds (layers.Extensions)")
	}
	all := maps.Clone(metadata)
	if all == nil {
		all = map[string]string{}
	}
	head := m.Head()
	if err := (spec.ModelFile{Model: m.Config(), Head: &head}).SetMetadata(all); err != nil {
		return nil, errors.WithMessage(err, "model file")
	}
	return all, nil
}

// Read reads the model file path. Its errors are those of [Decode] with the path.
func Read(path string) (*layers.Model, map[string]string, error) {
	return ReadWith(path, spec.Kinds{})
}

// ReadWith is [Read] of a model that may have layers, cells and losses of these kinds.
func ReadWith(path string, kinds spec.Kinds) (*layers.Model, map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, errors.Wrap(err, "model file")
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, errors.Wrap(err, "model file")
	}
	m, metadata, err := DecodeWith(bufio.NewReader(f), info.Size(), kinds)
	return m, metadata, fault.In(path, err)
}

// Decode reads a model file of size bytes and returns the model and all metadata. The model is the one that was written, with
// its head. Files that older versions wrote do not have the head: theirs is [layers.PredictionHead], or that of a task that writes
// a sequence if there is a decoder.
//
// The file need not be trusted. What is wrong with it, with the configuration in it, or how both disagree is a
// [*fault.Error]. No memory is taken for a model that has more numbers than the file.
func Decode(r io.Reader, size int64) (*layers.Model, map[string]string, error) {
	return DecodeWith(r, size, spec.Kinds{})
}

// DecodeWith is [Decode] of a model that may have layers, cells and losses of these kinds.
func DecodeWith(r io.Reader, size int64, kinds spec.Kinds) (*layers.Model, map[string]string, error) {
	file, err := weights.Decode(r, size)
	if err != nil {
		return nil, nil, err
	}
	described, err := spec.ReadMetadata(file.Metadata, kinds)
	if err != nil {
		return nil, nil, err
	}
	plan, err := described.Plan(func(name string) int {
		t, _ := file.Tensor(name)
		return t.Elements()
	})
	if err != nil {
		return nil, nil, err
	}
	elements, dtype := int64(0), tensor.Float32
	for _, t := range file.Tensors {
		elements += int64(t.Elements())
		if t.DType() == weights.F64 {
			dtype = tensor.Float64
		}
	}
	if n := plan.Elements(); n > elements {
		return nil, nil, weights.Damaged("safetensors", "metadata "+ModelKey, fmt.Sprintf("a model of %d numbers", n), fmt.Sprintf("one of the %d in the file", elements))
	}
	if err := weights.CheckFinite(file.Tensors); err != nil {
		return nil, nil, err
	}
	m, err := layers.NewTrainedModel(plan, dtype, graph.NewStreams(0))
	if err != nil {
		return nil, nil, errors.WithMessage(err, "metadata "+ModelKey)
	}
	return m, file.Metadata, graph.Assign(m.Params(), file.Tensors)
}

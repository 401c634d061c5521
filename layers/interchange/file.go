package interchange

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"

	"github.com/goccy/go-yaml"
	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/layers"
)

// Keys of the metadata of a model file. Others may stand beside them.
const (
	VersionKey = "gruexp.format" // the version of what follows
	ModelKey   = "gruexp.model"  // the layers.ModelConfig as JSON, its keys those of the configuration
)

// Version is the version of model files that is written, and the only one that is read.
const Version = "1"

// maxModelText bounds the configuration of a model in a file.
const maxModelText = 1 << 20

// Write writes a whole model file: safetensors, the parameters by their names, the configuration in the metadata. Other
// metadata may be added under keys of their own.
func Write(w io.Writer, m *layers.Model, metadata map[string]string) error {
	text, err := yaml.MarshalWithOptions(m.Config(), yaml.JSON())
	if err != nil {
		return errors.Wrap(err, "model file")
	}
	all := maps.Clone(metadata)
	if all == nil {
		all = map[string]string{}
	}
	all[VersionKey], all[ModelKey] = Version, string(bytes.TrimSpace(text))
	return weights.Encode(w, graph.Tensors(m.Params()), all)
}

// Read reads the model file path. Its errors are those of [Decode] with the path.
func Read(path string) (*layers.Model, map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, errors.Wrap(err, "model file")
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, errors.Wrap(err, "model file")
	}
	m, metadata, err := Decode(bufio.NewReader(f), info.Size())
	return m, metadata, fault.In(path, err)
}

// Decode reads a model file of size bytes and returns the model, made to predict, and all metadata. What the model was
// trained for is not part of it: its head is [layers.PredictionHead], or that of a task with a sequence of its own where
// there is a decoder.
//
// The file need not be trusted. What is wrong with it, with the configuration in it, or how both disagree is a
// [*fault.Error]. No memory is taken for a model that has more numbers
// than the file.
func Decode(r io.Reader, size int64) (*layers.Model, map[string]string, error) {
	file, err := weights.Decode(r, size)
	if err != nil {
		return nil, nil, err
	}
	cfg, err := configOf(file.Metadata)
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
	head, err := headOf(cfg, file)
	if err != nil {
		return nil, nil, err
	}
	if n := layers.CountElements(cfg, head); n > elements {
		return nil, nil, refuse("metadata "+ModelKey, fmt.Sprintf("a model of %d numbers", n), fmt.Sprintf("one of the %d in the file", elements))
	}
	m, err := layers.NewModel(cfg, head, dtype, graph.NewStreams(0))
	if err != nil {
		return nil, nil, errors.WithMessage(err, "metadata "+ModelKey)
	}
	if err := weights.CheckFinite(file.Tensors); err != nil {
		return nil, nil, err
	}
	return m, file.Metadata, graph.Assign(m.Params(), file.Tensors)
}

// headOf is the head of the model in a file. The vocabulary that a decoder writes is in its weights alone.
func headOf(cfg layers.ModelConfig, file *weights.File) (layers.Head, error) {
	if cfg.Decoder == nil {
		head, faults := layers.PredictionHead(cfg)
		return head, errors.WithMessage(faults.Err(), "metadata "+ModelKey)
	}
	const logits = "decoder/logits/bias"
	bias, ok := file.Tensor(logits)
	if !ok || bias.Elements() == 0 {
		return layers.Head{}, refuse("tensors", "no "+logits, "one, of a model with a decoder")
	}
	return layers.Head{Loss: layers.CrossEntropy, Units: bias.Elements(), Sequence: true}, nil
}

func configOf(metadata map[string]string) (layers.ModelConfig, error) {
	var cfg layers.ModelConfig
	version, ok := metadata[VersionKey]
	if !ok {
		return cfg, refuse("metadata", "no "+VersionKey, "a model file of gruexp, which has its configuration in it")
	}
	if version != Version {
		return cfg, refuse("metadata "+VersionKey, fmt.Sprintf("%q", version), fmt.Sprintf("%q", Version))
	}
	text := []byte(metadata[ModelKey])
	if len(text) > maxModelText {
		return cfg, refuse("metadata "+ModelKey, fmt.Sprintf("%d bytes", len(text)), fmt.Sprintf("at most %d", maxModelText))
	}
	// JSON is a part of YAML without the aliases, which could make a small text a large one.
	if !json.Valid(text) {
		return cfg, refuse("metadata "+ModelKey, "a text that is not JSON", "a model configuration as JSON")
	}
	if err := yaml.UnmarshalWithOptions(text, &cfg, yaml.Strict()); err != nil {
		return cfg, refuse("metadata "+ModelKey, yaml.FormatError(err, false, false), "a model configuration as JSON")
	}
	return cfg, nil
}

func refuse(where, found, expected string) error {
	return weights.Damaged("safetensors", where, found, expected)
}

package spec

import (
	"encoding/json"
	"fmt"

	"github.com/gruexp/gruexp/graph/fault"
)

// Keys of the metadata of a model file. There may be others.
const (
	VersionKey = "gruexp.format" // the version of what follows
	ModelKey   = "gruexp.model"  // the ModelConfig as JSON
	HeadKey    = "gruexp.head"   // the Head as JSON; older files do not have it
)

// FileVersion is the version of model files that is written, and the only one that is read.
const FileVersion = "1"

// maxFileText bounds each text in the metadata of a file.
const maxFileText = 1 << 20

// ModelFile is the description of a model in the metadata of its file; the arrays are the tensors of the file, by the names
// of the parameters in a [Plan].
type ModelFile struct {
	Model ModelConfig
	Head  *Head // nil: the file does not say it, as older ones
}

// SetMetadata writes the description into metadata, whose other keys stay as they are.
func (f ModelFile) SetMetadata(metadata map[string]string) error {
	model, err := encode(f.Model)
	if err != nil {
		return err
	}
	metadata[VersionKey], metadata[ModelKey] = FileVersion, string(model)
	delete(metadata, HeadKey)
	if f.Head != nil {
		head, err := encode(*f.Head)
		if err != nil {
			return err
		}
		metadata[HeadKey] = string(head)
	}
	return nil
}

// ReadMetadata reads the description from the metadata of a model file, which need not be trusted. Kinds are those that are not
// built in. Its error is a [*fault.Error] that names the key in the metadata.
func ReadMetadata(metadata map[string]string, kinds Kinds) (ModelFile, error) {
	var f ModelFile
	version, ok := metadata[VersionKey]
	if !ok {
		return f, damaged("metadata", "no "+VersionKey, "a model file of gruexp, which has its configuration in it")
	}
	if version != FileVersion {
		return f, damaged("metadata "+VersionKey, fmt.Sprintf("%q", version), fmt.Sprintf("%q", FileVersion))
	}
	text, err := textOf(metadata, ModelKey, "a model configuration as JSON")
	if err != nil {
		return f, err
	}
	if f.Model, err = kinds.DecodeModel(text); err != nil {
		if missing, ok := err.(fault.Fault); ok {
			return f, missing.Err()
		}
		return f, damaged("metadata "+ModelKey, err.Error(), "a model configuration as JSON")
	}
	if _, ok := metadata[HeadKey]; !ok {
		return f, nil
	}
	if text, err = textOf(metadata, HeadKey, "what the model predicts, as JSON"); err != nil {
		return f, err
	}
	head, err := kinds.DecodeHead(text)
	if err != nil {
		if missing, ok := err.(fault.Fault); ok {
			return f, missing.Err()
		}
		return f, damaged("metadata "+HeadKey, err.Error(), "what the model predicts, as JSON")
	}
	f.Head = &head
	return f, nil
}

// Plan describes the model. The head of a file that does not say it is a [PredictionHead], or with a decoder that of a task
// whose vocabulary is the number of elements of the tensor decoder/logits/bias; elements gives the number of elements of a
// tensor of the file, 0 for one that is not there.
func (f ModelFile) Plan(elements func(tensor string) int) (*Plan, error) {
	const logits = "decoder/logits/bias"
	var head Head
	switch {
	case f.Head != nil:
		head = *f.Head
	case f.Model.Decoder != nil:
		if head = (Head{Loss: CrossEntropy, Units: elements(logits), Sequence: true}); head.Units == 0 {
			return nil, damaged("tensors", "no "+logits, "one, of a model with a decoder")
		}
	default:
		var faults fault.List
		if head, faults = PredictionHead(f.Model); len(faults) > 0 {
			return nil, inMetadata(faults)
		}
	}
	plan, err := NewPlan(f.Model, head)
	if misfits, ok := err.(*fault.Error); ok {
		return nil, inMetadata(misfits.Faults)
	}
	return plan, err
}

// inMetadata says that the faults are those of a file.
func inMetadata(faults fault.List) error {
	var l fault.List
	for _, f := range faults {
		what := "metadata " + ModelKey
		if f.Path != "" {
			what += ": " + f.Path
		}
		l = append(l, damagedPart(what, f.Found, f.Expected))
	}
	return l.Err()
}

func textOf(metadata map[string]string, key, expected string) ([]byte, error) {
	text := []byte(metadata[key])
	if len(text) > maxFileText {
		return nil, damaged("metadata "+key, fmt.Sprintf("%d bytes", len(text)), fmt.Sprintf("at most %d", maxFileText))
	}
	if !json.Valid(text) {
		return nil, damaged("metadata "+key, "a text that is not JSON", expected)
	}
	return text, nil
}

func damaged(part, found, expected string) error { return damagedPart(part, found, expected).Err() }

// formatName is the place of a fault in a file without a name, as package weights has it.
const formatName = "safetensors"

// damagedPart is the fault of a part of a file, as package weights has them.
func damagedPart(part, found, expected string) fault.Fault {
	return fault.Fault{Kind: fault.Damaged, Where: formatName, What: "damaged file: " + part, Found: found, Expected: expected}
}

package trainer

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
)

// FuzzCheckpoint: the file of a checkpoint, as it is and with the checksum that its content has, is one that is written and read
// again as it was, or a fault.
func FuzzCheckpoint(f *testing.F) {
	encoded := func(metadata map[string]string, tensors []weights.Tensor) []byte {
		var b bytes.Buffer
		if err := weights.Encode(&b, tensors, metadata); err != nil {
			f.Fatal(err)
		}
		return b.Bytes()
	}
	small := smallCheckpoint()
	whole, err := small.encode()
	if err != nil {
		f.Fatal(err)
	}
	metadata := whole.Metadata
	f.Add(encoded(metadata, whole.Tensors), "")
	for _, text := range []string{
		metadata[stateKey], `{}`, `null`, `{"epoch": -1}`, `{"epoch": 1, "epochs": [{"epoch": 1, "train": {"loss": null}}]}`, `{"seconds": 1e999}`,
		`{"step": 9223372036854775808}`, `{"streams": {"order": "x"}}`, `{"epochs": [{"epoch": 1}], "epoch": 1, "stopping": {"best_epoch": 1}}`,
	} {
		f.Add(encoded(metadata, nil), text)
	}
	f.Fuzz(func(t *testing.T, content []byte, state string) {
		check := func(file *weights.File) {
			c, err := parseCheckpoint(file)
			if err != nil {
				if fault.Of(err) == nil {
					t.Errorf("found error %v (%T), expected a fault", err, err)
				}
				return
			}
			written, err := c.encode()
			if err != nil {
				t.Fatalf("found error %v, expected that what was read can be written", err)
			}
			again, err := parseCheckpoint(written)
			if err != nil {
				t.Fatalf("found error %v, expected that what was written can be read", err)
			}
			first, err := json.Marshal(c.state)
			if err != nil {
				t.Fatal(err)
			}
			second, err := json.Marshal(again.state)
			if err != nil || !bytes.Equal(first, second) {
				t.Errorf("found the state\n%s\nexpected\n%s", second, first)
			}
		}
		file, err := weights.Decode(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			return // package weights has its own fuzzing
		}
		check(file)
		if file.Metadata == nil {
			file.Metadata = map[string]string{}
		}
		file.Metadata[formatKey] = checkpointFormat
		if len(state)%2 == 1 {
			file.Metadata[formatKey] = olderFormat
		}
		if state != "" {
			file.Metadata[stateKey] = state
		}
		delete(file.Metadata, sumKey)
		sum, err := checksum(file.Tensors, file.Metadata)
		if err != nil {
			return // text that is not UTF-8
		}
		file.Metadata[sumKey] = sum
		check(file)
	})
}

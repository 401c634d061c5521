package weights_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
)

// FuzzDecode holds Decode to three things: it never panics, its errors are faults, and what it accepts
// survives another round.
func FuzzDecode(f *testing.F) {
	paths, err := filepath.Glob(filepath.Join("testdata", "*.safetensors"))
	if err != nil || len(paths) == 0 {
		f.Fatalf("found no seeds in testdata (%v)", err)
	}
	for _, path := range paths {
		seed, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	for _, c := range hostile {
		f.Add(c.file)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := weights.Decode(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			var format fault.Fault
			if !errors.As(err, &format) {
				t.Fatalf("found error %v, expected a Fault", err)
			}
			return
		}
		var first, second bytes.Buffer
		if err := weights.Encode(&first, file.Tensors, file.Metadata); err != nil {
			t.Fatalf("what was decoded cannot be encoded: %v", err)
		}
		again, err := weights.Decode(bytes.NewReader(first.Bytes()), int64(first.Len()))
		if err != nil {
			t.Fatalf("what was encoded cannot be decoded: %v", err)
		}
		if err := weights.Encode(&second, again.Tensors, again.Metadata); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("a second round gives other bytes:\n%q\n%q", first.Bytes(), second.Bytes())
		}
	})
}

package interchange_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers/interchange"
)

// FuzzImport: weights of PyTorch, Keras and NumPy fill the model and are exported as they were, or they are faults and the model
// stays as it is.
func FuzzImport(f *testing.F) {
	formats := interchange.ImportFormats()
	m := newModel(f, numbers(), tensor.Float32)
	for i, format := range formats {
		f.Add(uint8(i), export(f, m, format))
	}
	for i, name := range []string{"numbers.safetensors", "numbers.keras.npz", "tokens.safetensors"} {
		content, err := os.ReadFile(golden(name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(1+i%2), content)
	}
	folder := f.TempDir()
	weightsOf := func() []byte {
		var b bytes.Buffer
		for _, t := range graph.Tensors(m.Params()) {
			b.WriteString(t.Name)
			for _, v := range t.Data.([]float32) {
				b.WriteByte(byte(int64(v * (1 << 20))))
			}
		}
		return b.Bytes()
	}
	f.Fuzz(func(t *testing.T, which uint8, content []byte) {
		format := formats[int(which)%len(formats)]
		path := filepath.Join(folder, "weights")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		before := weightsOf()
		err := interchange.Import(path, m, format, nil)
		if err != nil {
			if fault.Of(err) == nil {
				t.Errorf("%s: found error %v (%T), expected a fault", format, err, err)
			}
			if !bytes.Equal(weightsOf(), before) {
				t.Errorf("%s: found other weights after the error %v", format, err)
			}
			return
		}
		first := export(t, m, format)
		if err := os.WriteFile(path, first, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := interchange.Import(path, m, format, nil); err != nil {
			t.Fatalf("%s: found error %v, expected that what was exported can be imported", format, err)
		}
		if !bytes.Equal(export(t, m, format), first) {
			t.Errorf("%s: found another file of the same weights", format)
		}
	})
}

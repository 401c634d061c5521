package weights_test

import (
	"bytes"
	"encoding/binary"
	stderrors "errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
)

// fileOf puts a file together from its three parts.
func fileOf(header string, data ...byte) []byte {
	file := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(file, header...), data...)
}

func encode(t *testing.T, tensors []weights.Tensor, metadata map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := weights.Encode(&b, tensors, metadata); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decode(t *testing.T, file []byte) *weights.File {
	t.Helper()
	f, err := weights.Decode(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The first four are the literals of the reference implementation's own tests (huggingface/safetensors,
// safetensors/src/tensor.rs: test_serialization, test_serialization_forced_alignement, test_empty). The last was
// written by hand from the description of the format.
var goldens = []struct {
	name     string
	tensors  []weights.Tensor
	metadata map[string]string
	file     string
}{
	{
		name:    "one tensor",
		tensors: []weights.Tensor{{Name: "attn.0", Shape: []int{1, 2, 3}, Data: []float32{0, 1, 2, 3, 4, 5}}},
		file: "\x40\x00\x00\x00\x00\x00\x00\x00" + `{"attn.0":{"dtype":"F32","shape":[1,2,3],"data_offsets":[0,24]}}` +
			"\x00\x00\x00\x00\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x40\x40\x00\x00\x80\x40\x00\x00\xa0\x40",
	},
	{
		name:    "padded header",
		tensors: []weights.Tensor{{Name: "attn0", Shape: []int{1, 1, 2, 3}, Data: []float32{0, 1, 2, 3, 4, 5}}},
		file: "\x48\x00\x00\x00\x00\x00\x00\x00" + `{"attn0":{"dtype":"F32","shape":[1,1,2,3],"data_offsets":[0,24]}}       ` +
			"\x00\x00\x00\x00\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x40\x40\x00\x00\x80\x40\x00\x00\xa0\x40",
	},
	{
		name: "empty",
		file: "\x08\x00\x00\x00\x00\x00\x00\x00" + "{}      ",
	},
	{
		name:     "metadata alone",
		metadata: map[string]string{"framework": "pt"},
		file:     "\x28\x00\x00\x00\x00\x00\x00\x00" + `{"__metadata__":{"framework":"pt"}}     `,
	},
	{
		name: "every type, widest first",
		tensors: []weights.Tensor{
			{Name: "step", Data: []int64{-2}},
			{Name: "b", Shape: []int{1}, Data: []float64{1.5}},
			{Name: "a", Shape: []int{1, 1}, Data: []float32{-2}},
			{Name: "none", Shape: []int{2, 0}, Data: []float32{}},
			{Name: "rng", Shape: []int{3}, Data: []byte{7, 8, 9}},
		},
		metadata: map[string]string{"k2": "v\n", "k1": "ü"},
		file: "\x48\x01\x00\x00\x00\x00\x00\x00" + `{"__metadata__":{"k1":"ü","k2":"v\n"},` +
			`"step":{"dtype":"I64","shape":[],"data_offsets":[0,8]},` +
			`"b":{"dtype":"F64","shape":[1],"data_offsets":[8,16]},` +
			`"a":{"dtype":"F32","shape":[1,1],"data_offsets":[16,20]},` +
			`"none":{"dtype":"F32","shape":[2,0],"data_offsets":[20,20]},` +
			`"rng":{"dtype":"U8","shape":[3],"data_offsets":[20,23]}}       ` +
			"\xfe\xff\xff\xff\xff\xff\xff\xff" + "\x00\x00\x00\x00\x00\x00\xf8\x3f" + "\x00\x00\x00\xc0" + "\x07\x08\x09",
	},
}

func TestGoldens(t *testing.T) {
	for _, c := range goldens {
		t.Run(c.name, func(t *testing.T) {
			backwards := slices.Clone(c.tensors)
			slices.Reverse(backwards)
			for _, tensors := range [][]weights.Tensor{c.tensors, backwards} {
				if diff := cmp.Diff(c.file, string(encode(t, tensors, c.metadata))); diff != "" {
					t.Errorf("encoded (-expected +found):\n%s", diff)
				}
			}
			expected := &weights.File{Metadata: c.metadata, Tensors: c.tensors}
			if expected.Metadata == nil {
				expected.Metadata = map[string]string{}
			}
			found := decode(t, []byte(c.file))
			if len(c.tensors) == 0 {
				found.Tensors = nil
			}
			if diff := cmp.Diff(expected, found); diff != "" {
				t.Errorf("decoded (-expected +found):\n%s", diff)
			}
		})
	}
}

// Headers that other writers may produce.
func TestDecodeAcceptsOtherWriters(t *testing.T) {
	cases := map[string][]byte{
		"spaces and another order of keys": fileOf(` { "w" : { "data_offsets" : [0, 4], "shape" : [1], "dtype" : "F32" } }`[1:], 0, 0, 128, 63),
		"padding of any white space":       fileOf("{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}\r \t\n", 0, 0, 128, 63),
		"an escaped name":                  fileOf(`{"\u0077":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 0, 0, 128, 63),
		"header order other than data order": fileOf(`{"v":{"dtype":"U8","shape":[1],"data_offsets":[4,5]},`+
			`"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 0, 0, 128, 63, 9),
	}
	for name, file := range cases {
		t.Run(name, func(t *testing.T) {
			w, ok := decode(t, file).Tensor("w")
			if expected := (weights.Tensor{Name: "w", Shape: []int{1}, Data: []float32{1}}); !ok || !cmp.Equal(w, expected) {
				t.Errorf("found %+v (%v), expected %+v", w, ok, expected)
			}
		})
	}
}

// hostile files, each with what the error must say.
var hostile = []struct {
	name string
	file []byte
	want string
}{
	{"empty", nil, `file (found 0 bytes, expected at least the 8`},
	{"no whole length", []byte("\x08\x00\x00\x00"), `file (found 4 bytes`},
	{"no header", []byte("\x08\x00\x00\x00\x00\x00\x00\x00"), `header's length (found 8 bytes, expected at most 0`},
	{"header of 2^60 bytes", []byte("\x00\x00\x00\x00\x00\x00\x00\x10{}"), `found 1152921504606846976 bytes, expected at most 2`},
	{"header of 2^64-1 bytes", []byte("\xff\xff\xff\xff\xff\xff\xff\xff{}"), `found 18446744073709551615 bytes`},
	{"header one byte too long", fileOf("{}")[:9], `header's length (found 2 bytes, expected at most 1`},
	{"header of no bytes", fileOf(""), `expected a JSON object`},
	{"leading space", fileOf(" {}"), `header (found " {}", expected a JSON object`},
	{"a list", fileOf("[]"), `expected a JSON object`},
	{"a string", fileOf(`"{}"`), `expected a JSON object`},
	{"not JSON", fileOf("{"), `invalid JSON`},
	{"trailing comma", fileOf(`{"__metadata__":{},}`), `invalid JSON`},
	{"two objects", fileOf("{}{}"), `invalid JSON`},
	{"zeros after the object", fileOf("{}\x00\x00"), `invalid JSON`},
	{"deep nesting", fileOf(`{"a":` + strings.Repeat("[", 200_000)), `invalid JSON`},
	{"not UTF-8", fileOf("{\"\xff\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}"), `bytes that are not UTF-8`},
	{"tensor is a list", fileOf(`{"w":[]}`), `tensor "w" (found a list, expected a JSON object`},
	{"tensor is null", fileOf(`{"w":null}`), `tensor "w" (found null`},
	{"metadata is a string", fileOf(`{"__metadata__":"x"}`), `metadata (found the string "x", expected a JSON object`},
	{"metadata of numbers", fileOf(`{"__metadata__":{"epoch":1}}`), `metadata "epoch" (found the number 1, expected a string`},
	{"metadata of objects", fileOf(`{"__metadata__":{"epoch":{"a":"b"}}}`), `metadata "epoch" (found an object`},
	{"name twice", fileOf(`{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"w":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 1, 2), `header (found the key "w" twice`},
	{"name twice, once escaped", fileOf(`{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0077":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 1, 2), `header (found the key "w" twice`},
	{"metadata twice", fileOf(`{"__metadata__":{},"__metadata__":{}}`), `found the key "__metadata__" twice`},
	{"metadata key twice", fileOf(`{"__metadata__":{"a":"b","a":"c"}}`), `metadata (found the key "a" twice`},
	{"dtype twice", fileOf(`{"w":{"dtype":"F32","dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1), `tensor "w" (found the key "dtype" twice`},
	{"unknown key", fileOf(`{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"stride":[1]}}`, 1), `tensor "w" (found the key "stride"`},
	{"no shape", fileOf(`{"w":{"dtype":"U8","data_offsets":[0,1]}}`, 1), `tensor "w" (found 2 keys, expected dtype, shape and data_offsets`},
	{"no dtype", fileOf(`{"w":{"shape":[1],"data_offsets":[0,1]}}`, 1), `tensor "w" (found 2 keys`},
	{"unknown dtype", fileOf(`{"w":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}`, 1, 2), `tensor "w", dtype (found "BF16", expected F32, F64, I64 or U8`},
	{"dtype is a number", fileOf(`{"w":{"dtype":32,"shape":[1],"data_offsets":[0,4]}}`, 1, 2, 3, 4), `tensor "w", dtype (found the number 32, expected a string`},
	{"negative size", fileOf(`{"w":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}`, 1), `tensor "w", shape (found the number -1`},
	{"two negative sizes", fileOf(`{"w":{"dtype":"U8","shape":[-1,-1],"data_offsets":[0,1]}}`, 1), `found the number -1`},
	{"fraction", fileOf(`{"w":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}`, 1), `found the number 1.0`},
	{"exponent", fileOf(`{"w":{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}}`, 1), `found the number 1e0`},
	{"size is a string", fileOf(`{"w":{"dtype":"U8","shape":["1"],"data_offsets":[0,1]}}`, 1), `found the string "1", expected whole numbers`},
	{"size above 2^53", fileOf(`{"w":{"dtype":"U8","shape":[9007199254740993],"data_offsets":[0,9007199254740993]}}`), `expected whole numbers from 0 to 2^53`},
	{"size above 2^64", fileOf(`{"w":{"dtype":"U8","shape":[18446744073709551617],"data_offsets":[0,1]}}`, 1), `expected whole numbers from 0 to 2^53`},
	{"product of sizes overflows to 0", fileOf(`{"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`), `tensor "w", shape (found [4294967296 4294967296], expected at most`},
	{"product of sizes overflows in bytes", fileOf(`{"w":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}}`), `whole numbers from 0 to 2^53`},
	{"empty but wide", fileOf(`{"w":{"dtype":"F32","shape":[0,400000000],"data_offsets":[0,0]}}`), `tensor "w", shape (found [0 400000000], expected sizes next to 0`},
	{"empty but overflowing", fileOf(`{"w":{"dtype":"F32","shape":[0,1099511627776,1099511627776],"data_offsets":[0,0]}}`), `expected sizes next to 0`},
	{"rank 65", fileOf(`{"w":{"dtype":"U8","shape":[`+strings.Repeat("1,", 64)+`1],"data_offsets":[0,1]}}`, 1), `tensor "w", shape (found more than 64 numbers`},
	{"2^50 numbers in bounds of each other", fileOf(`{"w":{"dtype":"U8","shape":[1125899906842624],"data_offsets":[0,1125899906842624]}}`), `1125899906842624], expected a`},
	{"shape and offsets disagree", fileOf(`{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 1, 2, 3, 4), `found 4 bytes, expected 8 for F32 of shape [2]`},
	{"one offset", fileOf(`{"w":{"dtype":"U8","shape":[1],"data_offsets":[0]}}`, 1), `data_offsets (found [0], expected a begin and an end`},
	{"three offsets", fileOf(`{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}`, 1), `data_offsets (found [0 1 2]`},
	{"end before begin", fileOf(`{"w":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}`, 1), `data_offsets (found [1 0]`},
	{"end after the file", fileOf(`{"w":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}`, 1), `found [0, 2], expected an end within the 1 bytes of data`},
	{"hole at the begin", fileOf(`{"w":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 1, 2), `found [1, 2], expected data that begins at 0`},
	{"hole between", fileOf(`{"v":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"w":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}`, 1, 2, 3), `tensor "w", data_offsets (found [2, 3], expected data that begins at 1`},
	{"overlap", fileOf(`{"v":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"w":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}`, 1, 2, 3), `tensor "w", data_offsets (found [1, 3], expected data that begins at 2`},
	{"the same data twice", fileOf(`{"v":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1), `expected data that begins at 1`},
	{"an empty tensor within another", fileOf(`{"v":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"w":{"dtype":"U8","shape":[0],"data_offsets":[1,1]}}`, 1, 2), `tensor "w", data_offsets (found [1, 1]`},
	{"trailing byte", fileOf(`{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1, 2), `data (found 2 bytes, expected the 1 bytes that the header describes`},
	{"trailing byte without tensors", fileOf("{}", 1), `data (found 1 bytes, expected the 0 bytes`},
}

func TestDecodeRefusesHostileFiles(t *testing.T) {
	for _, c := range hostile {
		t.Run(c.name, func(t *testing.T) {
			_, err := weights.Decode(bytes.NewReader(c.file), int64(len(c.file)))
			var format fault.Fault
			if !errors.As(err, &format) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("found error %v, expected a Fault that says %q", err, c.want)
			}
		})
	}
}

func TestErrorsRepeatLittleOfTheFile(t *testing.T) {
	long := strings.Repeat("n", 1<<20)
	sizes := strings.Repeat("1,", 1<<20) + "2"
	for _, file := range [][]byte{
		fileOf(`{"` + long + `":3}`),
		fileOf(`{"w":{"dtype":"` + long + `","shape":[1],"data_offsets":[0,1]}}`),
		fileOf(`{"w":{"dtype":"U8","shape":[` + sizes + `],"data_offsets":[0,1]}}`),
	} {
		_, err := weights.Decode(bytes.NewReader(file), int64(len(file)))
		if err == nil || len(err.Error()) > 1000 {
			t.Errorf("found an error of %d bytes, expected at most 1000", len(err.Error()))
		}
	}
}

// Nothing that a small file claims may cost memory.
func TestHostileFilesTakeNoMemory(t *testing.T) {
	var before, after runtime.MemStats
	for _, c := range hostile {
		runtime.ReadMemStats(&before)
		_, _ = weights.Decode(bytes.NewReader(c.file), int64(len(c.file)))
		runtime.ReadMemStats(&after)
		// A chunk, and what reading the JSON takes.
		if got, limit := after.TotalAlloc-before.TotalAlloc, uint64(1<<18+20*len(c.file)); got > limit {
			t.Errorf("%s: found %d bytes allocated, expected at most %d", c.name, got, limit)
		}
	}
}

// Keys cost more memory than their bytes.
func TestHeaderOfManyKeys(t *testing.T) {
	t.Parallel()
	var keys strings.Builder
	for i := range 1<<17 + 1 {
		fmt.Fprintf(&keys, `,"%d":""`, i)
	}
	file := fileOf(`{"__metadata__":{` + keys.String()[1:] + `}}`)
	_, err := weights.Decode(bytes.NewReader(file), int64(len(file)))
	if want := "metadata (found more than 131072 keys"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("found error %v, expected %q", err, want)
	}
}

func TestDecodeNamesWhereTheDataEnd(t *testing.T) {
	file := []byte(goldens[0].file)
	for n := range len(file) {
		_, err := weights.Decode(bytes.NewReader(file[:n]), int64(len(file)))
		var format fault.Fault
		if !errors.As(err, &format) || !strings.Contains(format.Found, "the end of the file") {
			t.Fatalf("%d of %d bytes: found error %v, expected a Fault", n, len(file), err)
		}
	}
	failure := stderrors.New("cable pulled")
	_, err := weights.Decode(io.MultiReader(bytes.NewReader(file[:80]), failingReader{failure}), int64(len(file)))
	if !errors.Is(err, failure) || !strings.Contains(err.Error(), `tensor "attn.0"`) {
		t.Errorf("found error %v, expected %v with the tensor's name", err, failure)
	}
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// Tensors larger than one chunk of the conversion, with values whose bits must survive.
func TestRoundTripLarge(t *testing.T) {
	const n = 100_003
	f32, f64, i64, u8 := make([]float32, n), make([]float64, n), make([]int64, n), make([]byte, n)
	for i := range n {
		f32[i] = math.Float32frombits(uint32(i) * 2654435761) // Knuth's multiplicative hash: all kinds of bits
		f64[i] = math.Float64frombits(uint64(i) * 0x9e3779b97f4a7c15)
		i64[i] = int64(uint64(i) * 0x9e3779b97f4a7c15)
		u8[i] = byte(i)
	}
	tensors := []weights.Tensor{
		{Name: "i64", Shape: []int{n}, Data: i64}, {Name: "f64", Shape: []int{n}, Data: f64},
		{Name: "f32", Shape: []int{n}, Data: f32}, {Name: "u8", Shape: []int{n}, Data: u8},
	}
	file := encode(t, tensors, nil)
	again := encode(t, decode(t, file).Tensors, nil) // NaN differ from themselves: compare bytes
	if !bytes.Equal(file, again) {
		t.Error("encode(decode(file)) differs from file")
	}
}

func TestRead(t *testing.T) {
	f, err := weights.Read(filepath.Join("testdata", "every_type.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(goldens[4].tensors, f.Tensors); diff != "" {
		t.Errorf("read (-expected +found):\n%s", diff)
	}

	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := os.WriteFile(path, []byte(goldens[4].file[:200]), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = weights.Read(path)
	var format fault.Fault
	if !errors.As(err, &format) || !strings.Contains(err.Error(), path) {
		t.Errorf("found error %v, expected a Fault with the path", err)
	}
	if _, err := weights.Read(filepath.Dir(path)); err == nil || !strings.Contains(err.Error(), "expected a regular file") {
		t.Errorf("found error %v, expected a regular file to be asked for", err)
	}
	if _, err := weights.Read(path + ".missing"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("found error %v, expected %v", err, os.ErrNotExist)
	}
}

func TestEncodeRefuses(t *testing.T) {
	one := []float32{1}
	cases := []struct {
		name     string
		tensors  []weights.Tensor
		metadata map[string]string
		want     string
	}{
		{"name twice", []weights.Tensor{{Name: "w", Shape: []int{1}, Data: one}, {Name: "w", Shape: []int{1}, Data: one}}, nil, "name twice"},
		{"name twice in two types", []weights.Tensor{{Name: "w", Data: one}, {Name: "w", Data: []byte{1}}}, nil, "name twice"},
		{"reserved name", []weights.Tensor{{Name: "__metadata__", Data: one}}, nil, "a name that the format cannot hold"},
		{"name not UTF-8", []weights.Tensor{{Name: "\xff", Data: one}}, nil, "a name that the format cannot hold"},
		{"metadata not UTF-8", nil, map[string]string{"a": "\xff"}, "expected UTF-8"},
		{"too few elements", []weights.Tensor{{Name: "w", Shape: []int{2}, Data: one}}, nil, "found 1 elements, expected 2 for shape [2]"},
		{"negative sizes", []weights.Tensor{{Name: "w", Shape: []int{-1, -1}, Data: one}}, nil, "found shape [-1 -1]"},
		{"sizes that overflow", []weights.Tensor{{Name: "w", Shape: []int{math.MaxInt, 3}, Data: one}}, nil, "expected sizes that a tensor can have"},
		{"no data", []weights.Tensor{{Name: "w"}}, nil, "found data of type <nil>"},
		{"another type", []weights.Tensor{{Name: "w", Shape: []int{1}, Data: []int{1}}}, nil, "found data of type []int"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			err := weights.Encode(&b, c.tensors, c.metadata)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("found error %v, expected %q", err, c.want)
			}
			if b.Len() != 0 {
				t.Errorf("found %d bytes written, expected none", b.Len())
			}
		})
	}
}

func TestEncodeReportsTheWriter(t *testing.T) {
	for n := range len(goldens[0].file) {
		err := weights.Encode(&shortWriter{n}, goldens[0].tensors, nil)
		if !errors.Is(err, io.ErrShortWrite) {
			t.Fatalf("writer that takes %d bytes: found error %v, expected %v", n, err, io.ErrShortWrite)
		}
	}
}

type shortWriter struct{ room int }

func (w *shortWriter) Write(p []byte) (int, error) {
	n := min(len(p), w.room)
	w.room -= n
	if n < len(p) {
		return n, io.ErrShortWrite
	}
	return n, nil
}

func TestCheckFinite(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(-1)
	finite := []weights.Tensor{
		{Name: "a", Shape: []int{2}, Data: []float32{math.MaxFloat32, -math.SmallestNonzeroFloat32}},
		{Name: "b", Shape: []int{2}, Data: []float64{math.MaxFloat64, 0}},
		{Name: "c", Shape: []int{1}, Data: []int64{math.MaxInt64}}, {Name: "d", Shape: []int{1}, Data: []byte{255}},
	}
	if err := weights.CheckFinite(finite); err != nil {
		t.Error(err)
	}
	for want, bad := range map[string]weights.Tensor{
		`tensor "w", element 2, is not finite (found NaN, expected a finite number`:  {Name: "w", Shape: []int{3}, Data: []float32{0, 1, float32(nan)}},
		`tensor "w", element 0, is not finite (found -Inf, expected a finite number`: {Name: "w", Shape: []int{2}, Data: []float64{inf, nan}},
	} {
		err := weights.CheckFinite(append(slices.Clone(finite), bad))
		var format fault.Fault
		if !errors.As(err, &format) || !strings.Contains(err.Error(), want) {
			t.Errorf("found error %v, expected %q", err, want)
		}
	}
}

package weights_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
)

// What testdata/numpy_arrays.py has written.
func TestReadNPY(t *testing.T) {
	ramp := weights.Tensor{Shape: []int{2, 3}, Data: []float32{0, 0.5, 1, 1.5, 2, 2.5}}
	counted := weights.Tensor{Shape: []int{2, 3, 4}, Data: make([]float64, 24)}
	for i := range 24 {
		counted.Data.([]float64)[i] = float64(i)
	}
	for name, expected := range map[string]weights.Tensor{
		"version1": ramp, "version2": ramp, "version3": ramp, "fortran": counted,
		"scalar": {Data: []float64{1.5}},
		"empty":  {Shape: []int{0, 3}, Data: []float32{}},
		"int32":  {Shape: []int{2}, Data: []int64{-2, 7}},
		"bool":   {Shape: []int{3}, Data: []byte{1, 0, 1}},
	} {
		found, err := weights.ReadNPY(filepath.Join("testdata", name+".npy"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(expected, found); diff != "" {
			t.Errorf("%s (-expected +found):\n%s", name, diff)
		}
	}
}

func TestReadNPZ(t *testing.T) {
	expected := []weights.Tensor{
		{Name: "gru0/kernel", Shape: []int{2, 3}, Data: []float32{0, 0.5, 1, 1.5, 2, 2.5}},
		{Name: "step", Data: []int64{-3}},
		{Name: "mask", Shape: []int{2}, Data: []byte{1, 0}},
	}
	for _, name := range []string{"stored.npz", "packed.npz"} {
		found, err := weights.ReadNPZ(filepath.Join("testdata", name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(expected, found); diff != "" {
			t.Errorf("%s (-expected +found):\n%s", name, diff)
		}
	}
}

// NumPy writes the same bytes.
func TestEncodeNPY(t *testing.T) {
	for _, name := range []string{"version1.npy", "scalar.npy", "empty.npy"} {
		path := filepath.Join("testdata", name)
		read, err := weights.ReadNPY(path)
		if err != nil {
			t.Fatal(err)
		}
		expected, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var found bytes.Buffer
		if err := weights.EncodeNPY(&found, read); err != nil {
			t.Fatal(err)
		}
		// NumPy leaves room in the header for the first axis to grow; how much is not part of the format.
		if trim(found.Bytes()) != trim(expected) {
			t.Errorf("%s: found %q, expected %q", name, found.Bytes(), expected)
		}
	}
	if err := weights.EncodeNPY(&bytes.Buffer{}, weights.Tensor{Shape: []int{2}, Data: []float32{1}}); err == nil {
		t.Error("found no error for a shape that does not match its data")
	}
}

// trim takes the length and the padding out of an .npy file of version 1.
func trim(file []byte) string {
	header, data, _ := strings.Cut(string(file[10:]), "\n")
	return string(file[:8]) + strings.TrimRight(header, " ") + data
}

func TestNPZRoundTrip(t *testing.T) {
	tensors := []weights.Tensor{
		{Name: "b", Shape: []int{2, 1, 3}, Data: []float64{1, 2, 3, 4, 5, math.Inf(1)}},
		{Name: "a/b", Shape: []int{1}, Data: []float32{-0.5}},
		{Name: "c", Shape: []int{2}, Data: []int64{math.MinInt64, 1}},
		{Name: "d", Shape: []int{2}, Data: []byte{0, 255}},
	}
	var first, second bytes.Buffer
	if err := weights.EncodeNPZ(&first, tensors); err != nil {
		t.Fatal(err)
	}
	found, err := weights.DecodeNPZ(bytes.NewReader(first.Bytes()), int64(first.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]weights.Tensor{tensors[1], tensors[0], tensors[2], tensors[3]}, found); diff != "" {
		t.Errorf("decoded (-expected +found):\n%s", diff)
	}
	if err := weights.EncodeNPZ(&second, found); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("found other bytes for another order of the same tensors")
	}
	for name, wrong := range map[string][]weights.Tensor{
		"twice": {tensors[0], tensors[0]},
		"empty": {{Data: []float32{1}}},
	} {
		if err := weights.EncodeNPZ(&bytes.Buffer{}, wrong); err == nil {
			t.Errorf("found no error for a name that is %s", name)
		}
	}
}

// npyOf puts an .npy file of version 1 together.
func npyOf(header string, data ...byte) []byte {
	file := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
	return append(append(file, header...), data...)
}

const (
	npyHeader = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }\n"
	npyOrder  = "'fortran_order': False, "
)

// hostileNPY are damaged files, each with what the error must say.
var hostileNPY = []struct {
	name string
	file []byte
	want string
}{
	{"empty", nil, "magic number (found the end of the file after 0 bytes"},
	{"another magic number", []byte("PK\x03\x04abcdef"), `magic number (found "PK\x03\x04ab"`},
	{"version 9", []byte("\x93NUMPY\x09\x00\x00\x00"), "version (found 9.0"},
	{"no length", []byte("\x93NUMPY\x01\x00\x01"), "header's length (found the end of the file after 1 bytes"},
	{"header of 4 GB", []byte("\x93NUMPY\x02\x00\xff\xff\xff\xff{}"), "header's length (found 4294967295 bytes, expected at most 2"},
	{"header beyond the file", npyOf(npyHeader)[:20], "header's length (found 58 bytes, expected at most 10"},
	{"no dictionary", npyOf("[]"), `header (found "[]", expected "{"`},
	{"no end", npyOf("{'descr': '|u1'"), "expected a comma or the end"},
	{"no quote", npyOf("{descr: 1}"), "expected a string"},
	{"an open quote", npyOf("{'descr"), "expected the end of a string"},
	{"no colon", npyOf("{'descr' '|u1'}"), `expected ":"`},
	{"key twice", npyOf("{'descr': '|u1', 'descr': '<f4'}"), `found the key "descr" twice`},
	{"unknown key", npyOf("{'order': 1}"), `found the key "order"`},
	{"missing key", npyOf("{'descr': '|u1', 'shape': (2,)}"), "header (found 2 keys"},
	{"text behind", npyOf("{'descr': '|u1', "+npyOrder+"'shape': ()} x", 1), "expected nothing after the dictionary"},
	{"objects", npyOf("{'descr': '|O', "+npyOrder+"'shape': ()}", 1), `descr (found "|O"`},
	{"big-endian", npyOf("{'descr': '>f4', "+npyOrder+"'shape': ()}", 1, 2, 3, 4), `descr (found ">f4"`},
	{"structured", npyOf("{'descr': [('a', '<f4')], " + npyOrder + "'shape': ()}"), "descr (found a structured type"},
	{"order is a number", npyOf("{'fortran_order': 1}"), "expected True or False"},
	{"negative size", npyOf("{'descr': '|u1', " + npyOrder + "'shape': (-1,)}"), "shape (found"},
	{"size of 2^60", npyOf("{'descr': '|u1', " + npyOrder + "'shape': (1152921504606846976,)}"), "shape (found"},
	{"sizes that overflow", npyOf("{'descr': '<f8', " + npyOrder + "'shape': (4294967296, 4294967296)}"), "expected at most 1152921504606846975 elements"},
	{"empty but wide", npyOf("{'descr': '<f8', " + npyOrder + "'shape': (0, 400000000, 1)}"), "shape (found [0 400000000 1], expected sizes next to 0 that multiply to at most 1048576"},
	{"empty but wider", npyOf("{'descr': '<f8', " + npyOrder + "'shape': (9007199254740992, 0)}"), "shape (found [9007199254740992 0]"},
	{"empty but overflowing", npyOf("{'descr': '<f8', " + npyOrder + "'shape': (0, 9007199254740992, 9007199254740992)}"), "expected sizes next to 0"},
	{"rank 33", npyOf("{'shape': (" + strings.Repeat("1,", 33) + ")}"), "at most 32 whole numbers"},
	{"shape is a number", npyOf("{'shape': 3}"), `expected "("`},
	{"shape without commas", npyOf("{'shape': (3 4)}"), "expected a comma or the end of the shape"},
	{"too little data", npyOf(npyHeader, 1), "data (found 1 bytes, expected 2"},
	{"too much data", npyOf(npyHeader, 1, 2, 3), "data (found 3 bytes, expected 2"},
	{"a bool of 2", npyOf("{'descr': '|b1', "+npyOrder+"'shape': (2,)}", 1, 2), "data (found the byte 2 as a bool"},
}

func TestHostileNPY(t *testing.T) {
	for _, c := range hostileNPY {
		t.Run(c.name, func(t *testing.T) {
			_, err := weights.DecodeNPY(bytes.NewReader(c.file), int64(len(c.file)))
			expectFault(t, err, "npy", c.want)
		})
	}
}

func expectFault(t *testing.T, err error, format, want string) {
	t.Helper()
	var found fault.Fault
	if !errors.As(err, &found) || found.Where != format || found.Kind != fault.Damaged {
		t.Fatalf("found error %v, expected a Fault of %s", err, format)
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("found error %q, expected %q in it", err, want)
	}
}

// archive packs members as name, content, name, content, …
func archive(t testing.TB, method uint16, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		member, err := w.CreateHeader(&zip.FileHeader{Name: members[i], Method: method})
		if err == nil {
			_, err = member.Write([]byte(members[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// hostileNPZ returns damaged archives, each with what the error must say.
func hostileNPZ(t testing.TB) map[string]struct {
	file []byte
	want string
} {
	good := string(npyOf(npyHeader, 1, 2))
	stored := func(members ...string) []byte { return archive(t, zip.Store, members...) }
	patched := func(file []byte, from, to string) []byte {
		if !bytes.Contains(file, []byte(from)) {
			t.Fatalf("found no %q to patch", from)
		}
		return bytes.ReplaceAll(file, []byte(from), []byte(to))
	}
	directory := func(file []byte, offset int, value uint32) []byte { // a field of the last entry of the central directory
		file = bytes.Clone(file)
		at := bytes.LastIndex(file, []byte("PK\x01\x02"))
		binary.LittleEndian.PutUint32(file[at+offset:], value)
		return file
	}
	zeros := string(npyOf("{'descr': '|u1', 'fortran_order': False, 'shape': (33554432,), }\n")) + strings.Repeat("\x00", 1<<25)
	const packedSize, unpackedSize, localHeader = 20, 24, 42
	two := stored("a.npy", good, "b.npy", good)
	return map[string]struct {
		file []byte
		want string
	}{
		"empty":              {nil, "archive (found zip: not a valid zip file"},
		"no archive":         {[]byte(good), "archive (found zip: not a valid zip file"},
		"name twice":         {stored("a.npy", good, "a.npy", good), `member "a.npy" (found the name twice`},
		"another file":       {stored("a.txt", good), `member "a.txt" (found another kind of file`},
		"another method":     {patched(stored("a.npy", good), "PK\x01\x02\x14\x00\x14\x00\x08\x00\x00\x00", "PK\x01\x02\x14\x00\x14\x00\x08\x00\x0e\x00"), "found packing method 14"},
		"encrypted":          {patched(stored("a.npy", good), "PK\x01\x02\x14\x00\x14\x00\x08", "PK\x01\x02\x14\x00\x14\x00\x09"), "found an encrypted member"},
		"bomb":               {archive(t, zip.Deflate, "a.npy", zeros), "unpacked bytes after 0 of others, expected at most"},
		"unequal sizes":      {directory(stored("a.npy", good), unpackedSize, 1<<20), "expected equal sizes"},
		"size beyond file":   {directory(directory(stored("a.npy", good), unpackedSize, 1<<30), packedSize, 1<<30), "packed bytes after 0 of others"},
		"overlap":            {directory(two, localHeader, 0), "found members that overlap"},
		"no local header":    {directory(two, localHeader, 9), `member "b.npy"`},
		"wrong checksum":     {patched(stored("a.npy", good), "\n\x01\x02", "\n\x01\x03"), "found zip: checksum error"},
		"damaged array":      {stored("a.npy", good[:20]), `member "a.npy", header's length`},
		"more than an array": {stored("a.npy", good+"x"), `member "a.npy", data (found 3 bytes`},
	}
}

func TestHostileNPZ(t *testing.T) {
	for name, c := range hostileNPZ(t) {
		t.Run(name, func(t *testing.T) {
			_, err := weights.DecodeNPZ(bytes.NewReader(c.file), int64(len(c.file)))
			expectFault(t, err, "npz", c.want)
		})
	}
}

// FuzzDecodeNPY and FuzzDecodeNPZ hold the decoders to what FuzzDecode does.
func FuzzDecodeNPY(f *testing.F) {
	addSeeds(f, "*.npy")
	for _, c := range hostileNPY {
		f.Add(c.file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		tensor, err := weights.DecodeNPY(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			expectFault(t, err, "npy", "")
			return
		}
		var again bytes.Buffer
		if err := weights.EncodeNPY(&again, tensor); err != nil {
			t.Fatalf("what was decoded cannot be encoded: %v", err)
		}
		second, err := weights.DecodeNPY(bytes.NewReader(again.Bytes()), int64(again.Len()))
		if err != nil {
			t.Fatalf("what was encoded cannot be decoded: %v", err)
		}
		if !sameTensor(tensor, second) {
			t.Errorf("found %v after another round, expected %v", second, tensor)
		}
	})
}

func FuzzDecodeNPZ(f *testing.F) {
	addSeeds(f, "*.npz")
	for name, c := range hostileNPZ(f) {
		if name != "bomb" { // too large to mutate
			f.Add(c.file)
		}
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		tensors, err := weights.DecodeNPZ(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			expectFault(t, err, "npz", "")
			return
		}
		seen := map[string]bool{}
		for _, tensor := range tensors {
			if seen[tensor.Name] {
				t.Errorf("found the name %q twice", tensor.Name)
			}
			seen[tensor.Name] = true
		}
	})
}

func addSeeds(f *testing.F, pattern string) {
	f.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(paths) == 0 {
		f.Fatalf("found no seeds %s (%v)", pattern, err)
	}
	for _, path := range paths {
		seed, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
}

// sameTensor compares to the bit: NaN is equal to itself.
func sameTensor(a, b weights.Tensor) bool {
	encoded := func(t weights.Tensor) string {
		var b bytes.Buffer
		if err := weights.EncodeNPY(&b, t); err != nil {
			return err.Error()
		}
		return b.String()
	}
	return a.Name == b.Name && encoded(a) == encoded(b)
}

package table

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/gruexp/gruexp/trainer/data"
)

func packedBy(t *testing.T, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(content)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A file that is rejected costs at most 256 MiB and 5 seconds, whatever it is.
func TestRejectedFilesCostLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("unpacks some hundred MiB")
	}
	for name, c := range map[string]struct {
		file    string
		content []byte
	}{
		"no steps, many sequences": {"a.npy", npy("(0, 400000000, 1)", "<f8", []float64{})},
		"no steps, a great many":   {"b.npy", npy("(0, 9007199254740992, 1)", "<f8", []float64{})},
		"no inputs":                {"c.npy", npy("(2, 400000000, 0)", "<f8", []float64{})},
		"a packed line":            {"a.jsonl.gz", packedBy(t, []byte(`{"x": [`+strings.Repeat("1,", 30<<20)+`1]}`))},
		"a line of values":         {"a.jsonl", []byte(`{"x": [` + strings.Repeat("1,", 3<<20) + `1]}`)},
		"a deep line":              {"b.jsonl", []byte(`{"x": ` + strings.Repeat("[", 1<<20))},
		"a packed table":           {"a.csv.gz", packedBy(t, []byte("x\n"+strings.Repeat("z", 200<<20)))},
		"a packed text of rows":    {"b.csv.gz", packedBy(t, append([]byte("x\n"), bytes.Repeat([]byte("1\n"), 100<<20)...))},
	} {
		path := put(t, c.file, c.content)
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begin := time.Now()
		_, err := readLayout(t, path, data.Layout{})
		took := time.Since(begin)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: found no error", name)
		}
		// HeapSys is what the heap has had at most; another rejected file may have left some of it.
		if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 256<<20 {
			t.Errorf("%s: the heap grew by %d MiB", name, grown>>20)
		}
		t.Logf("%s: %v, %d MiB in all: %v", name, took.Round(time.Millisecond), (after.TotalAlloc-before.TotalAlloc)>>20, err)
	}
}

// What a page of Parquet unpacks to is held against what it claims.
func TestPagesUnpackToWhatTheyClaim(t *testing.T) {
	t.Parallel()
	type row struct {
		X string `parquet:"x,plain"`
	}
	var b bytes.Buffer
	text := strings.Repeat("abc ", 1<<16)
	if err := parquet.Write(&b, []row{{text}}, parquet.Compression(&parquet.Snappy)); err != nil {
		t.Fatal(err)
	}
	content := b.Bytes()
	if _, err := readLayout(t, put(t, "good.parquet", content), data.Layout{Texts: []string{"x"}, Inputs: []string{}}); err != nil {
		t.Fatal(err)
	}
	// The length that stands at the beginning of the packed bytes.
	var prefix [binary.MaxVarintLen64]byte
	found := false
	for extra := range 64 {
		n := binary.PutUvarint(prefix[:], uint64(len(text)+extra))
		if at := bytes.Index(content, prefix[:n]); at >= 0 && !found {
			for i := range content[:len(content)-n] {
				if bytes.HasPrefix(content[i:], prefix[:n]) {
					changed := bytes.Clone(content)
					copy(changed[i:], []byte{0xff, 0xff, 0xff})
					if _, err := readLayout(t, put(t, "bad.parquet", changed), data.Layout{Texts: []string{"x"}, Inputs: []string{}}); err != nil && strings.Contains(err.Error(), "claimed") {
						found = true
					}
				}
			}
		}
	}
	if !found {
		t.Error("a length of packed bytes beyond the claimed one was not told")
	}
}

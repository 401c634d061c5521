package table

import (
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/data"
)

// The rows that are counted are those that are read.
func TestRowsAreCounted(t *testing.T) {
	t.Parallel()
	long := "x,y\n" + strings.Repeat("1,2\n", 200_000)
	for name, content := range map[string]string{
		"a.csv":     "x,y\n1,2\n3,4\n",
		"b.csv":     "x,y\n1,2\n3,4",
		"c.csv":     "\ufeffx,y\r\n1,2\r\n\r\n3,4\r\n",
		"d.csv":     "x,y\n\n1,\"2\n3\"\n\n\n4,\"5\"\"\n\"\n",
		"e.csv":     "x,y\r1,2\r3,4\r",
		"f.csv":     long,
		"g.csv.gz":  string(packedBy(t, []byte(long))),
		"h.csv":     strings.ReplaceAll(long, "\n", "\r\n"),
		"i.csv":     long + "\"1\",\"\n\"\n" + long[4:],
		"j.csv":     string(inUTF16(binary.LittleEndian, "x,y\n1,2\n")),
		"a.tsv":     "x\ty\n1\ta \"b\n2\tc\n",
		"a.jsonl":   `{"x": [1, 2, 3], "y": [[1, 2], [3, 4], [5, 6]]}` + "\n" + `{"y": [[1, 2]], "x": [4], "z": "a]\"["}` + "\n" + `{"x": 1}` + "\n",
		"b.jsonl":   strings.Repeat(`{"m": [[1, 2], [3, 4], [5, 6]], "z": [1, 2, 3]}`+"\n", 20_000),
		"a.npz":     string(sampleArrays(t)),
		"a.parquet": string(parquetOf(t, sampleRows())),
	} {
		f, err := openRecords(t.Context(), put(t, name, []byte(content)))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.Header(); err != nil && !strings.HasSuffix(name, "jsonl") {
			t.Fatalf("%s: %v", name, err)
		}
		counted, known := f.Records.(data.Counted).Count(1 << 30)
		rows := 0
		for {
			_, _, err := f.Next()
			if err == io.EOF {
				break
			}
			rows++
			if err != nil && !strings.HasSuffix(name, "jsonl") {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if !known || counted != rows {
			t.Errorf("%s: found %d rows counted (%t), %d read", name, counted, known, rows)
		}
	}
}

package data_test

import (
	"encoding/json"
	"testing"

	"github.com/gruexp/gruexp/trainer/data"
)

// A name of a file keeps its bytes in JSON, also where they are not UTF-8.
func TestFileEntryKeepsItsBytes(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"données/a.csv": `{"path":"données/a.csv","size":3,"sha256":"00"}`,
		"a\xff\xfe.csv": `{"path":"a\ufffd\ufffd.csv","path_bytes":"Yf/+LmNzdg==","size":3,"sha256":"00"}`,
	} {
		e := data.FileEntry{Path: path, Size: 3, SHA256: "00"}
		text, err := json.Marshal(e)
		if err != nil || string(text) != want {
			t.Errorf("found %s, %v, expected %s", text, err, want)
		}
		var again data.FileEntry
		if err := json.Unmarshal(text, &again); err != nil || again != e {
			t.Errorf("found %+v, %v, expected %+v", again, err, e)
		}
	}
}

package data

import (
	"encoding/json"
	"unicode/utf8"
)

// FileEntry is a file of data with its content.
type FileEntry struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // in hexadecimal
}

// fileEntryJSON is a file whose name may not be UTF-8, which JSON cannot hold: the bytes of such a name are given too.
type fileEntryJSON struct {
	Path      string `json:"path"`
	PathBytes []byte `json:"path_bytes,omitempty"`
	Size      int64  `json:"size"`
	SHA256    string `json:"sha256"`
}

// MarshalJSON writes the path, and its bytes in base64 as path_bytes where they are not UTF-8.
func (e FileEntry) MarshalJSON() ([]byte, error) {
	j := fileEntryJSON{Path: e.Path, Size: e.Size, SHA256: e.SHA256}
	if !utf8.ValidString(e.Path) {
		j.PathBytes = []byte(e.Path)
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (e *FileEntry) UnmarshalJSON(text []byte) error {
	var j fileEntryJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	if *e = (FileEntry{Path: j.Path, Size: j.Size, SHA256: j.SHA256}); len(j.PathBytes) > 0 {
		e.Path = string(j.PathBytes)
	}
	return nil
}

package data

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/trainer/atomicfile"
)

// A registry file lists a few sets; anything larger is something else.
const maxRegistryBytes = 1 << 20

// Registry remembers where the files of known sets are, in the file registry.json of a directory. The nil registry is
// empty. It reads the file at every call: another process may have written it.
type Registry struct{ path string }

// NewRegistry returns the registry of a directory, which need not exist yet.
func NewRegistry(dir string) *Registry {
	return &Registry{path: filepath.Join(dir, "registry.json")}
}

// Entry is a registered file.
type Entry struct {
	Path   string `json:"path"` // absolute
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Entries returns the registered files by the name of their set.
func (r *Registry) Entries() (map[string]Entry, error) {
	entries := map[string]Entry{}
	if r == nil {
		return entries, nil
	}
	if _, err := os.Stat(r.path); errors.Is(err, fs.ErrNotExist) {
		return entries, nil
	}
	f, err := openFile(r.path, "the registry of data sets")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxRegistryBytes))
	if err == nil {
		err = json.Unmarshal(content, &entries)
	}
	if err != nil {
		return nil, errors.WithStack(&FileError{
			Path: r.path, What: "registry of data sets", Found: err.Error(),
			Expected: "what data add writes; delete the file and add the sets again", Cause: err,
		})
	}
	return entries, nil
}

// Add registers a file for a known set after reading it to its end: what does not parse is refused. A file that parses
// but is none of the published forms is accepted; compare Entry.SHA256 with [KnownSet].Published.
func (r *Registry) Add(ctx context.Context, name, path string) (Entry, error) {
	if r == nil {
		return Entry{}, errors.Errorf("register data set %s: found no registry, expected one", name)
	}
	set, err := setWithFile(name)
	if err != nil {
		return Entry{}, err
	}
	if err := set.check(ctx, path); err != nil {
		return Entry{}, err
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return Entry{}, errors.Wrapf(err, "make %s absolute", path)
	}
	entry, err := Fingerprint(absolute)
	if err != nil {
		return Entry{}, err
	}
	entries, err := r.Entries()
	if err != nil {
		return Entry{}, err
	}
	entries[name] = entry
	if err := os.MkdirAll(filepath.Dir(r.path), 0o755); err != nil {
		return Entry{}, errors.Wrapf(err, "make the directory of the registry")
	}
	err = atomicfile.Write(r.path, 0o644, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(entries)
	})
	return entry, err
}

func setWithFile(name string) (KnownSet, error) {
	set, known := Known(name)
	if !known {
		return set, errors.Errorf("data set: found %q, expected %s", name, knownNames())
	}
	if !set.NeedsFile() {
		return set, errors.Errorf("data set %s: found a file, expected none: it is built in", name)
	}
	return set, nil
}

// Fingerprint reads a file of data to its end for its size and checksum.
func Fingerprint(path string) (Entry, error) {
	f, err := openFile(path, "a data set")
	if err != nil {
		return Entry{}, err
	}
	defer f.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, f)
	if err != nil {
		return Entry{}, errors.Wrapf(err, "read %s", path)
	}
	return Entry{Path: path, Size: size, SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}

// NotFoundError says that the file of a known set is nowhere.
type NotFoundError struct {
	Name   string
	Looked []string // the places that were looked at
}

func (e *NotFoundError) Error() string {
	looked := "no data directory, and nothing registered"
	if len(e.Looked) > 0 {
		looked = "nothing at " + strings.Join(e.Looked, ", ")
	}
	return fmt.Sprintf("data set %s: no file (found %s, expected GRUEXP_DATA or --data to name its directory, or 'gruexp data add %s --from PATH')",
		e.Name, looked, e.Name)
}

// Locate returns the path of the file of a known set: in dataDir where that is set, else where the registry says. It
// fails with a [*NotFoundError] where there is none, and with a [*FileError] where a registered file has changed.
func Locate(name, dataDir string, registry *Registry) (string, error) {
	set, err := setWithFile(name)
	if err != nil {
		return "", err
	}
	var looked []string
	if dataDir != "" {
		for _, file := range set.Files {
			path := filepath.Join(dataDir, filepath.FromSlash(file))
			if info, err := os.Stat(path); err == nil && !info.IsDir() {
				return path, nil
			}
			looked = append(looked, path)
		}
	}
	entries, err := registry.Entries()
	if err != nil {
		return "", err
	}
	entry, registered := entries[name]
	if !registered {
		return "", errors.WithStack(&NotFoundError{Name: name, Looked: looked})
	}
	now, err := Fingerprint(entry.Path)
	if err != nil {
		return "", errors.WithMessagef(err, "registered data set %s", name)
	}
	if now != entry {
		return "", errors.WithStack(&FileError{
			Path: entry.Path, What: "registered data set " + name,
			Found:    fmt.Sprintf("%d bytes with sha256 %s", now.Size, now.SHA256),
			Expected: fmt.Sprintf("%d bytes with %s; if the file is right, register it again", entry.Size, entry.SHA256),
		})
	}
	return entry.Path, nil
}

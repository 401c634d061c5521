package sets

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/atomicfile"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/input"
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

// Dir is the directory that the registry is in.
func (r *Registry) Dir() string { return filepath.Dir(r.path) }

// Entry is a registered file, with its absolute path, or one that was read.
type Entry = data.FileEntry

// Entries returns the registered files by the name of their set; one of several is called SET/FILE.
func (r *Registry) Entries() (map[string]Entry, error) {
	entries := map[string]Entry{}
	if r == nil {
		return entries, nil
	}
	if _, err := os.Stat(r.path); errors.Is(err, fs.ErrNotExist) {
		return entries, nil
	}
	f, err := input.Open(context.Background(), r.path, "the registry of data sets")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxRegistryBytes))
	if err == nil {
		err = json.Unmarshal(content, &entries)
	}
	if err != nil {
		return nil, errors.WithStack(fault.Fault{
			Where: r.path, What: "registry of data sets", Found: err.Error(),
			Expected: "what data add writes; delete the file and add the sets again", Cause: err,
		}.Err())
	}
	return entries, nil
}

// Add registers the files of a known set after reading them to their end: what does not parse is refused. The path is
// that of the file or of a directory with it; of a set of several files it is a directory. Files that parse but are none
// of the published forms are accepted; see [IsPublished].
func (r *Registry) Add(ctx context.Context, set data.Source, path string) ([]Entry, error) {
	if r == nil {
		return nil, errors.Errorf("register data set %s: found no registry, expected one", set.Name)
	}
	if err := hasFiles(set); err != nil {
		return nil, err
	}
	files, err := filesAt(set, path)
	if err != nil {
		return nil, err
	}
	ctx, contents := input.WithContents(ctx)
	if _, err := set.Load(ctx, data.Config{Name: set.Name}.WithDefaults(set), files); err != nil {
		return nil, err
	}
	added, err := entriesOf(files, contents)
	if err != nil {
		return nil, err
	}
	for i, file := range files {
		if added[i].Path, err = filepath.Abs(file); err != nil {
			return nil, errors.Wrapf(err, "make %s absolute", file)
		}
	}
	if err := os.MkdirAll(filepath.Dir(r.path), 0o755); err != nil {
		return nil, errors.Wrapf(err, "make the directory of the registry")
	}
	unlock, err := lock(r.path + ".lock") // others may add their files at the same time
	if err != nil {
		return nil, err
	}
	defer unlock()
	entries, err := r.Entries()
	if err != nil {
		return nil, err
	}
	for i, entry := range added {
		entries[key(set, i)] = entry
	}
	err = atomicfile.Write(r.path, 0o644, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(entries)
	})
	return added, err
}

// key is what the registry calls file i of the set.
func key(s data.Source, i int) string {
	if len(s.Files) == 1 {
		return s.Name
	}
	return s.Name + "/" + base(s.Files[i])
}

// filesAt returns the files of the set at a path: the one file, or a directory with all of them.
func filesAt(s data.Source, path string) ([]string, error) {
	var names []string
	for _, file := range s.Files {
		names = append(names, base(file))
	}
	expected := "a directory with " + strings.Join(names, " and ")
	if len(s.Files) == 1 {
		expected = "the file or " + expected
	}
	refuse := func(found string, cause error) ([]string, error) {
		return nil, errors.WithStack(fault.Fault{Where: path, What: "data set " + s.Name, Found: found, Expected: expected, Cause: cause}.Err())
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return refuse("no such file", err)
	case err != nil:
		return refuse(err.Error(), err)
	case info.IsDir():
		files, _ := filesIn(s, path)
		if files == nil {
			return refuse("a directory that lacks one", nil)
		}
		return files, nil
	case len(s.Files) > 1:
		return refuse("a file", nil)
	}
	return []string{path}, nil
}

// filesIn returns the files of the set in a directory, at the first of their places each, or nil where one is missing.
func filesIn(s data.Source, dir string) (files, looked []string) {
	for _, file := range s.Files {
		before := len(files)
		for _, place := range file.Places {
			path := filepath.Join(dir, filepath.FromSlash(place))
			if info, err := os.Stat(path); err == nil && !info.IsDir() {
				files = append(files, path)
				break
			}
			looked = append(looked, path)
		}
		if len(files) == before {
			return nil, looked
		}
	}
	return files, nil
}

func hasFiles(set data.Source) error {
	if !set.NeedsFile() {
		return errors.Errorf("data set %s: found a file, expected none: it is built in", set.Name)
	}
	return nil
}

// Fingerprint reads a file of data to its end for its size and checksum.
func Fingerprint(path string) (Entry, error) {
	ctx, contents := input.WithContents(context.Background())
	f, err := input.Open(ctx, path, "a data set")
	if err != nil {
		return Entry{}, err
	}
	defer f.Close()
	if err := f.Finish(); err != nil {
		return Entry{}, err
	}
	content, _ := contents.Of(path)
	return entryOf(path, content), nil
}

func entryOf(path string, content input.Content) Entry {
	return Entry{Path: path, Size: content.Size, SHA256: content.SHA256}
}

// entriesOf is what files had when they were read. Those that were not read to their end, or that a set opens by itself, are read now.
func entriesOf(files []string, contents *input.Contents) ([]Entry, error) {
	entries := make([]Entry, len(files))
	for i, file := range files {
		if content, known := contents.Of(file); known {
			entries[i] = entryOf(file, content)
			continue
		}
		var err error
		if entries[i], err = Fingerprint(file); err != nil {
			return nil, err
		}
	}
	return entries, nil
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
	return fmt.Sprintf("data set %s: no file (found %s, expected GRUEXP_DATA or --data to name its directory, or 'gruexp data get %s', or 'gruexp data add %s --from PATH')",
		e.Name, looked, e.Name, e.Name)
}

// Locate returns the paths of the files of a known set, in their order: in dataDir where that is set and has all, else
// where the registry says. It fails with a [*NotFoundError] where there are none, and with a fault.Fault where a
// registered file has changed.
func Locate(set data.Source, dataDir string, registry *Registry) ([]string, error) {
	files, registered, err := locate(set, dataDir, registry)
	if err == nil {
		err = checkRegistered(set, registered, nil)
	}
	if err != nil {
		return nil, err
	}
	return files, nil
}

// locate is [Locate] that reads no file. It returns the entries of the files that the registry has: whoever reads the files checks them.
func locate(set data.Source, dataDir string, registry *Registry) (files []string, registered []Entry, err error) {
	if err := hasFiles(set); err != nil {
		return nil, nil, err
	}
	var looked []string
	if dataDir != "" {
		if files, looked = filesIn(set, dataDir); files != nil {
			return files, nil, nil
		}
	}
	entries, err := registry.Entries()
	if err != nil {
		return nil, nil, err
	}
	for i := range set.Files {
		entry, found := entries[key(set, i)]
		if !found {
			return nil, nil, errors.WithStack(&NotFoundError{Name: set.Name, Looked: looked})
		}
		files, registered = append(files, entry.Path), append(registered, entry)
	}
	return files, registered, nil
}

// checkRegistered checks that registered files are still what they were; those of the contents are not read again.
func checkRegistered(set data.Source, registered []Entry, contents *input.Contents) error {
	for _, e := range registered {
		now, err := entriesOf([]string{e.Path}, contents)
		if err != nil {
			return errors.WithMessagef(err, "registered data set %s", set.Name)
		}
		if err := unchanged(e, now[0], set.Name); err != nil {
			return err
		}
	}
	return nil
}

// unchanged checks that a file is still the one that was registered.
func unchanged(e, now Entry, set string) error {
	if now != e {
		return errors.WithStack(fault.Fault{
			Where: e.Path, What: "registered data set " + set,
			Found:    fmt.Sprintf("%d bytes with sha256 %s", now.Size, now.SHA256),
			Expected: fmt.Sprintf("%d bytes with %s; if the file is right, register it again", e.Size, e.SHA256),
		}.Err())
	}
	return nil
}

// base is the name of the file itself.
func base(f data.KnownFile) string { return filepath.Base(f.Places[0]) }

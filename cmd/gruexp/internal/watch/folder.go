package watch

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// Bounds of what is looked at. A folder with more says so on the page.
const (
	mostItems   = 1000
	mostEntries = 200_000 // files and folders that a look goes through
	mostDepth   = 12
)

// freshness is how old a look may be that is shown again: files are looked at once a second, by however many readers.
const freshness = 900 * time.Millisecond

// Folder is a directory that is watched: a run, a study, or one with several below it. Files are polled, not subscribed to: that
// is right on every system and on network file systems too.
type Folder struct {
	path string

	mutex      sync.Mutex // of what follows
	root       *os.Root   // nil while the folder is gone
	extensions *experiment.Extensions
	look       look
	until      time.Time // the look is fresh
	known      map[string]facts
}

// look is what was found at one time.
type look struct {
	items []*item // newest first
	fault string  // why there is nothing, or not all
	list  string  // version of what the list shows
}

func (l *look) find(id string) *item {
	for _, it := range l.items {
		if it.ID == id {
			return it
		}
	}
	return nil
}

// Open opens the folder at a path, with the extensions that configurations there select.
func Open(path string, extensions *experiment.Extensions) (*Folder, error) {
	refuse := func(found string) error {
		return fault.Fault{Where: path, What: "cannot be watched", Found: found, Expected: "the directory of a run or a study, or one with some below it"}.Err()
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, refuse(usererr.Reason(err))
	case !info.IsDir():
		return nil, refuse("a file")
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, errors.Wrap(err, "folder to watch")
	}
	root, err := os.OpenRoot(absolute)
	if err != nil {
		return nil, refuse(usererr.Reason(err))
	}
	return &Folder{path: absolute, root: root, extensions: extensions, known: map[string]facts{}}, nil
}

// Close lets the folder go.
func (f *Folder) Close() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.root != nil {
		f.root.Close()
	}
}

// name is what the folder is called.
func (f *Folder) name() string { return filepath.Base(f.path) }

// now is what there is to see. Looks are shared: one that takes long is repeated less often.
func (f *Folder) now(ctx context.Context) *look {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if begun := time.Now(); begun.After(f.until) {
		f.look = f.find(ctx)
		if ctx.Err() == nil { // one that was cut short is not kept
			f.until = time.Now().Add(max(freshness, 4*time.Since(begun)))
		}
	}
	shown := f.look
	return &shown
}

// forget makes the next look a new one.
func (f *Folder) forget() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.until = time.Time{}
}

// open is the folder's root, opened anew where the folder was made anew.
func (f *Folder) open() (*os.Root, error) {
	there, err := os.Stat(f.path)
	if f.root != nil {
		if ours, e := f.root.Stat("."); err == nil && e == nil && os.SameFile(there, ours) {
			return f.root, nil
		}
		f.root.Close()
		f.root = nil
	}
	if err != nil {
		return nil, err
	}
	f.root, err = os.OpenRoot(f.path)
	return f.root, err
}

// find goes through the folder. What is in a run or a study is its own, and links are not followed.
func (f *Folder) find(ctx context.Context) look {
	root, err := f.open()
	if err != nil {
		return newLook(nil, "The folder is gone: "+usererr.Reason(err)+". It is shown again once it is there.")
	}
	var (
		items   []*item
		entries int
		fault   string
		known   = map[string]facts{}
		enough  = errors.New("enough")
	)
	err = fs.WalkDir(root.FS(), ".", func(id string, entry fs.DirEntry, err error) error {
		entries++
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case entries > mostEntries || len(items) >= mostItems:
			return enough
		case err != nil || !entry.IsDir(): // what may not be read is not ours
			return nil
		}
		l := looker{root, f.path, id, f.known, known, f.extensions}
		if it := l.item(ctx); it != nil {
			items = append(items, it)
			return fs.SkipDir
		}
		if id != "." && (strings.HasPrefix(entry.Name(), ".") || depth(id) >= mostDepth) { // hidden folders have no runs, but many files
			return fs.SkipDir
		}
		return nil
	})
	switch {
	case errors.Is(err, enough):
		fault = fmt.Sprintf("There is more here than is shown: the first %d runs of %d files and folders.", len(items), entries-1)
	case err != nil:
		fault = "The folder cannot be read: " + usererr.Reason(err) + "."
	case len(items) == 0:
		fault = "There is no run and no study here yet. One that begins is shown within a second."
	}
	f.known = known
	slices.SortStableFunc(items, func(a, b *item) int { return cmp.Or(b.Begun.Compare(a.Begun), cmp.Compare(a.ID, b.ID)) })
	return newLook(items, fault)
}

func depth(id string) int { return strings.Count(id, "/") + 1 }

func newLook(items []*item, fault string) look {
	versions := []string{fault}
	for _, it := range items {
		versions = append(versions, it.ID, it.Head)
	}
	return look{items, fault, versionOf(versions...)}
}

// versionOf is a name for what the parts say: another one where they say something else.
func versionOf(parts ...string) string {
	hash := fnv.New64a()
	for _, part := range parts {
		fmt.Fprintf(hash, "%d:%s", len(part), part)
	}
	return fmt.Sprintf("%x", hash.Sum64())
}

// path is where an item lies. Its ID was found by a walk, so it is below the folder.
func (f *Folder) pathOf(it *item) string { return filepath.Join(f.path, filepath.FromSlash(it.ID)) }

// reading calls use with the folder's root, as long as there is one.
func (f *Folder) reading(use func(root *os.Root) error) error {
	f.mutex.Lock()
	root, err := f.open()
	f.mutex.Unlock()
	if err != nil {
		return err
	}
	return use(root)
}

// mostInspected bounds the files of a run or a study that check goes through.
const mostInspected = 100_000

// check refuses an item in which something could lead a reader out of the folder or make it wait: a link that leaves it, a pipe, a
// device. Package report reads by paths, so what it would meet is looked at first.
func (f *Folder) check(ctx context.Context, it *item) error {
	return f.reading(func(root *os.Root) error {
		n := 0
		return fs.WalkDir(root.FS(), it.ID, func(name string, entry fs.DirEntry, err error) error {
			n++
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case n > mostInspected:
				return errors.Errorf("%s: found more than %d files, expected a run or a study", it.ID, mostInspected)
			case err != nil:
				return errors.Errorf("%s: cannot be read (found %s)", name, usererr.Reason(err))
			case entry.IsDir() || entry.Type().IsRegular():
				return nil
			case entry.Type()&fs.ModeSymlink == 0:
				return errors.Errorf("%s: is not shown (found %s, expected a file)", name, entry.Type())
			}
			if info, err := root.Stat(name); err != nil || !info.Mode().IsRegular() {
				return errors.Errorf("%s: is not shown (found a link that leads out of the folder or to no file, expected files)", name)
			}
			return nil
		})
	})
}

// openRegular opens a file that is one: neither a link, nor a pipe that would make the reader wait.
func openRegular(root *os.Root, name string) (*os.File, fs.FileInfo, error) {
	info, err := root.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: errors.New("not a file")}
	}
	if err != nil {
		return nil, nil, err
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, nil, err
	}
	if info, err = f.Stat(); err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// readSmall reads a file of at most so many bytes.
func readSmall(root *os.Root, name string, most int64) ([]byte, error) {
	f, info, err := openRegular(root, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info.Size() > most {
		return nil, errors.Errorf("%s: found %d bytes, expected at most %d", name, info.Size(), most)
	}
	return io.ReadAll(io.LimitReader(f, most))
}

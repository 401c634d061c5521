package watch

import (
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
)

// tail is the end of a text file.
type tail struct {
	Text string `json:"text"`
	Size int64  `json:"size"` // of the whole file, bytes
	Cut  bool   `json:"cut"`  // the beginning is left out
}

// readTail reads at most so many bytes from the end of a file below the folder. A first line that is not whole is left out.
func readTail(root *os.Root, name string, most int64) (t tail, err error) {
	f, info, err := openRegular(root, name)
	if err != nil {
		return tail{}, err
	}
	defer f.Close()
	t.Size = info.Size()
	from := max(0, t.Size-most)
	t.Cut = from > 0
	text, err := io.ReadAll(io.NewSectionReader(f, from, most))
	if err != nil {
		return tail{}, errors.Wrap(err, name)
	}
	t.Text = plain(text, t.Cut)
	return t, nil
}

// plain is text that is shown as it is: whole lines where the beginning is cut off, and no control characters.
func plain(text []byte, cut bool) string {
	s := strings.ToValidUTF8(string(text), "�")
	if cut {
		if _, rest, ok := strings.Cut(s, "\n"); ok {
			s = rest
		}
	}
	return strings.Map(printable, s)
}

// logFiles are the logs of an item by the names that the page has for them: one of a run, one for each trial of a study, the one
// that was written last first.
func (f *Folder) logFiles(it *item) (names []string, files map[string]string) {
	files = map[string]string{}
	_ = f.reading(func(root *os.Root) error {
		if it.Kind == kindRun {
			if _, err := root.Lstat(path.Join(it.ID, rundir.LogFile)); err == nil {
				names, files[""] = []string{""}, path.Join(it.ID, rundir.LogFile)
			}
			return nil
		}
		names, files = trialLogs(root, it.ID)
		return nil
	})
	return names, files
}

// mostLogs bounds the trials whose logs can be shown.
const mostLogs = 500

// trialLogs are the logs of a study's trials by name, the one written last first.
func trialLogs(root *os.Root, id string) (names []string, files map[string]string) {
	files = map[string]string{}
	written := map[string]time.Time{}
	entries, err := fs.ReadDir(root.FS(), path.Join(id, trialsFolder))
	if err != nil {
		return nil, files
	}
	for _, entry := range entries {
		name, ok := strings.CutSuffix(entry.Name(), ".log")
		info, err := entry.Info()
		if !ok || err != nil || !info.Mode().IsRegular() {
			continue
		}
		names = append(names, name)
		files[name], written[name] = path.Join(id, trialsFolder, entry.Name()), info.ModTime()
	}
	slices.SortStableFunc(names, func(a, b string) int { return written[b].Compare(written[a]) })
	return names[:min(len(names), mostLogs)], files
}

package table

import (
	"context"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"

	"github.com/gruexp/gruexp/trainer/data"
)

// loader reads tables and hands them to the builder.
type loader struct {
	data.Builder
	dir    string
	files  []string
	notes  []string
	stores []*fileStore // of the panels, with Config.Stream
}

// loadCSV loads the tables of a valid configuration. A relative path that does not exist is looked for in dir.
func loadCSV(ctx context.Context, config data.Config, task data.Task, dir string) (*data.Data, error) {
	l := &loader{Builder: data.Builder{Config: config, Task: task, PartOf: map[*data.Panel][]data.Part{}}, dir: dir}
	l.NewStore = l.store
	loaded, err := l.load(ctx)
	if err != nil {
		l.close()
		return nil, err
	}
	loaded.Name, loaded.Files, loaded.Notes, loaded.OnClose = "table", l.files, append(l.notes, loaded.Notes...), l.close
	return loaded, nil
}

func (l *loader) load(ctx context.Context) (loaded *data.Data, err error) {
	if l.Config.Stream {
		defer data.GuardMapped(debug.SetPanicOnFault(true), "data.stream", &err)
	}
	if err := l.read(ctx); err != nil {
		return nil, err
	}
	return l.Data()
}

// store is a new one for rows, of that many numbers together where that is known.
func (l *loader) store(numbers int) (data.RowStore, error) {
	if !l.Config.Stream {
		return data.NewMemoryStore(numbers), nil
	}
	s, err := newFileStore()
	if err != nil {
		return nil, err
	}
	l.stores = append(l.stores, s)
	return s, nil
}

// close lets go of the files that the rows are in.
func (l *loader) close() error {
	var first error
	for _, s := range l.stores {
		if err := s.Close(); first == nil {
			first = err
		}
	}
	l.stores = nil
	return first
}

// lookUp returns the path of a file, which if it does not exist may be in dir.
func lookUp(path, dir string) string {
	if _, err := os.Stat(path); err != nil && dir != "" && !filepath.IsAbs(path) {
		if _, err := os.Stat(filepath.Join(dir, path)); err == nil {
			return filepath.Join(dir, path)
		}
	}
	return path
}

// read reads the files and says which part each row belongs to.
func (l *loader) read(ctx context.Context) error {
	config := l.Config.Table
	want := l.Config.TableLayout(l.Task)
	open := func(path string) (*data.Panel, error) {
		path = lookUp(path, l.dir)
		store, err := l.store(0)
		if err != nil {
			return nil, err
		}
		read, err := ReadTable(ctx, path, want, store)
		if err != nil {
			return nil, err
		}
		l.files = append(l.files, path)
		if err := l.CheckTable(read); err != nil {
			return nil, err
		}
		// The training file has chosen: the others must have the same inputs.
		want.Inputs, want.Zone = append([]string{}, read.InputNames...), read.Zone
		return data.NewPanel(read, l.Config.Stream)
	}
	whole := func(p data.Part, path string) error {
		panel, err := open(path)
		if err != nil {
			return err
		}
		l.Panels[p], l.PartOf[panel] = panel, slices.Repeat([]data.Part{p}, panel.Rows())
		return nil
	}

	validFraction, testFraction := *l.Config.Split.Valid, l.Config.Split.Test
	first := config.Path
	if first == "" {
		first, testFraction = config.Train, 0
	}
	if config.Valid != "" {
		validFraction = 0
	}
	panel, err := open(first)
	if err != nil {
		return err
	}
	l.notes = append(l.notes, panel.Notes()...)
	l.Panels[data.TrainPart], l.PartOf[panel] = panel, l.Split(panel, validFraction, testFraction)
	if config.Valid != "" {
		if err := whole(data.ValidPart, config.Valid); err != nil {
			return err
		}
	} else if validFraction > 0 {
		l.Panels[data.ValidPart] = panel
	}
	if config.Test != "" {
		return whole(data.TestPart, config.Test)
	}
	l.Panels[data.TestPart] = panel
	return nil
}

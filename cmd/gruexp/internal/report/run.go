package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// The states of runs and studies.
const (
	Finished    = "finished"
	Running     = "running"
	Interrupted = "interrupted"
	Imported    = "imported" // weights from elsewhere
	Unreadable  = "unreadable"
)

// Run is what the directory of a run says. What is not there or damaged is nil; Faults names the latter.
type Run struct {
	Path        string
	Name        string // of the directory
	State       string
	ConfigText  string
	Config      *experiment.Config
	Environment *rundir.Environment
	Epochs      []trainer.Epoch
	Result      *run.Result
	Inside      *experiment.Inside
	Faults      []string
}

// Greatest sizes of files that are read, in bytes.
const (
	mostConfig  = 1 << 20
	mostMetrics = rundir.MostMetrics
	mostJSON    = rundir.MostJSON
)

func readRun(path string, extensions *experiment.Extensions) *Run {
	r := &Run{Path: path, Name: nameOf(path)}
	if text, ok := r.read(rundir.ConfigFile, mostConfig); ok {
		r.ConfigText = string(text)
	}
	cfg, err := experiment.ReadConfig(filepath.Join(path, rundir.ConfigFile), nil, extensions)
	if err == nil {
		r.Config = cfg
	} else if model, e := experiment.ReadModelConfig(filepath.Join(path, rundir.ConfigFile), extensions); e == nil && model.Task == "" {
		r.State = Imported
		return r
	} else {
		r.fault(err)
	}
	var (
		e      rundir.Environment
		result run.Result
		inside experiment.Inside
	)
	if r.readJSON(rundir.EnvironmentFile, &e) {
		r.Environment = &e
	}
	if r.readJSON(rundir.ResultFile, &result) {
		r.Result = &result
	}
	if r.readJSON(rundir.InsideFile, &inside) {
		r.Inside = &inside
	}
	r.readEpochs()
	switch {
	case r.Result != nil:
		r.State = Finished
	case rundir.InUse(path):
		r.State = Running
	case r.Config == nil:
		r.State = Unreadable
	default:
		r.State = Interrupted
	}
	return r
}

// nameOf is what a directory is called, also where it is named by a dot.
func nameOf(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		return filepath.Base(whole)
	}
	return filepath.Base(path)
}

func (r *Run) fault(err error) {
	list := fault.Of(err)
	if list == nil {
		r.Faults = append(r.Faults, strings.Join(strings.Fields(err.Error()), " "))
		return
	}
	for _, one := range list {
		r.Faults = append(r.Faults, strings.Join(strings.Fields(one.Error()), " "))
	}
}

// read gives the content of a file in the directory; ok is false where there is none, or none that can be read.
func (r *Run) read(name string, most int64) (content []byte, ok bool) {
	path := filepath.Join(r.Path, name)
	content, err := rundir.Read(r.Path, name, most)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false
	}
	if err != nil {
		r.fault(fault.Fault{Where: path, What: "cannot be read", Found: usererr.Reason(err), Expected: fmt.Sprintf("a file of at most %d bytes", most)})
	}
	return content, err == nil
}

func (r *Run) readJSON(name string, into any) bool {
	content, ok := r.read(name, mostJSON)
	if !ok {
		return false
	}
	if err := json.Unmarshal(content, into); err != nil {
		r.fault(fault.Fault{Where: filepath.Join(r.Path, name), What: "damaged file", Found: err.Error(), Expected: name + " as gruexp has written it"})
		return false
	}
	return true
}

// readEpochs reads the metrics. Lines that cannot be read are left out and named; the last one may be torn.
func (r *Run) readEpochs() {
	content, ok := r.read(rundir.MetricsFile, mostMetrics)
	if !ok {
		return
	}
	place, number, torn := filepath.Join(r.Path, rundir.MetricsFile), 0, 0
	for line := range bytes.Lines(content) {
		number++
		var e trainer.Epoch
		if err := json.Unmarshal(line, &e); err == nil {
			r.Epochs = append(r.Epochs, e)
			continue
		}
		if torn++; torn > 1 {
			continue // named once
		}
		what := "damaged line, left out"
		if !bytes.HasSuffix(line, []byte("\n")) {
			what = "the last line is torn, left out"
		}
		r.fault(fault.Fault{Where: fmt.Sprintf("%s:%d", place, number), What: what, Found: fmt.Sprintf("%d bytes", len(line)), Expected: "the metrics of an epoch"})
	}
	if torn > 1 {
		r.Faults = append(r.Faults, fmt.Sprintf("%s: %d more damaged lines, left out", place, torn-1))
	}
}

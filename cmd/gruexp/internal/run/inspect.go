package run

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/inspect"
)

// InspectOptions say what to look at.
type InspectOptions struct {
	Options
	Split     string // one of Splits
	Sequences int    // how many, the first ones of the split that have steps
	Sequence  int    // this one alone; −1: as Sequences says
	Layer     string // this one alone; empty: all
	Out       string // folder to write to; empty: DIR/inspect
}

// Inspection is what there is to see in a run: the JSON of inspect.
type Inspection struct {
	Run         string              `json:"run"`
	Parameters  []inspect.Parameter `json:"parameters"`
	Missing     string              `json:"missing,omitempty"` // why there is no more than parameters
	Split       string              `json:"split,omitempty"`
	Sequences   []InspectedSequence `json:"sequences,omitempty"`
	Recurrences []inspect.Summary   `json:"recurrences,omitempty"` // over these sequences
	Out         string              `json:"out"`
	Files       []string            `json:"files"` // in Out
}

// InspectedSequence is a sequence that was looked at.
type InspectedSequence struct {
	Sequence int     `json:"sequence"`
	Steps    int     `json:"steps"`
	Loss     float64 `json:"loss"`
}

// Inspect looks into the best weights of the run in a directory, and writes what it sees to a folder. Of a run that was
// imported there are no data, and parameters alone.
func Inspect(ctx context.Context, path string, o InspectOptions) (*Inspection, error) {
	file, err := rundir.OpenModel(path, o.Extensions)
	if err != nil {
		return nil, err
	}
	found := &Inspection{Run: path, Out: o.Out}
	if found.Out == "" {
		found.Out = filepath.Join(path, "inspect")
	}
	if found.Parameters, err = parametersOf(path, file.Model.Params(), o.Layer); err != nil {
		return nil, err
	}
	var before rundir.Environment
	trained, err := rundir.ReadJSON(path, rundir.EnvironmentFile, &before)
	if err != nil {
		return nil, err
	}
	var looks []inspect.Look
	if trained {
		if looks, err = look(ctx, path, o); err != nil {
			return nil, err
		}
		found.Split = o.Split
		for _, l := range looks {
			found.Sequences = append(found.Sequences, InspectedSequence{l.Sequence, l.Steps, l.Loss})
		}
		found.Recurrences = inspect.Summaries(looks)
	} else {
		found.Missing = "no gates and no gradients: the weights were imported, and no data came with them"
	}
	return found, found.write(looks)
}

// parametersOf describes the parameters, those of a layer where one is named.
func parametersOf(path string, params []*graph.Param, layer string) ([]inspect.Parameter, error) {
	var names []string
	for _, p := range params {
		if name := filepath.ToSlash(filepath.Dir(p.Name)); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	params = slices.DeleteFunc(slices.Clone(params), func(p *graph.Param) bool { return !isOf(layer, p.Name) })
	if len(params) == 0 {
		return nil, fault.Fault{
			Where: "--layer " + layer, What: "no such layer with parameters", Found: fmt.Sprintf("%q", layer), Meant: usererr.Nearest(names, layer), Expected: usererr.OneOf(names, layer, "'gruexp inspect'"),
		}.Err()
	}
	described, err := inspect.Parameters(params)
	return described, errors.WithMessage(err, path)
}

// isOf tells whether a name is that of a layer or of something in it.
func isOf(layer, name string) bool {
	return layer == "" || name == layer || strings.HasPrefix(name, layer+"/")
}

// look runs the model on the sequences.
func look(ctx context.Context, path string, o InspectOptions) ([]inspect.Look, error) {
	e, err := openSplit(ctx, path, o.Split, o.Options)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	ds := e.Part(o.Split)
	indices, err := o.indices(ds)
	if err != nil {
		return nil, err
	}
	looks, err := inspect.Sequences(ctx, e.Model(), ds, indices, e.Pool())
	if err != nil {
		return nil, err
	}
	for i := range looks {
		l := &looks[i]
		l.Recurrences = slices.DeleteFunc(l.Recurrences, func(r inspect.Recurrence) bool { return !isOf(o.Layer, r.Name) })
		l.Inputs = slices.DeleteFunc(l.Inputs, func(in inspect.Input) bool { return !isOf(o.Layer, in.Name) })
	}
	return looks, nil
}

// indices are those of the sequences to look at.
func (o InspectOptions) indices(ds data.Dataset) ([]int, error) {
	if o.Sequence >= 0 {
		switch {
		case o.Sequence >= ds.Len():
			return nil, fault.Fault{
				Where: "--sequence", What: "no such sequence in the part " + o.Split, Found: strconv.Itoa(o.Sequence), Expected: fmt.Sprintf("0 to %d", ds.Len()-1),
			}.Err()
		case ds.Steps(o.Sequence) == 0:
			return nil, fault.Fault{
				Where: "--sequence", What: "an empty sequence", Found: fmt.Sprintf("%d, of 0 steps", o.Sequence), Expected: "one with steps",
			}.Err()
		}
		return []int{o.Sequence}, nil
	}
	var indices []int
	for i := 0; i < ds.Len() && len(indices) < o.Sequences; i++ {
		if ds.Steps(i) > 0 {
			indices = append(indices, i)
		}
	}
	if indices == nil {
		return nil, fault.Fault{Where: "--split " + o.Split, What: "nothing to look at", Found: "empty sequences only", Expected: "some with steps"}.Err()
	}
	return indices, nil
}

package rundir

import (
	"io"

	"github.com/dustin/go-humanize"
	"github.com/pkg/errors"
	"github.com/shirou/gopsutil/v4/mem"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/layers/interchange"
	"github.com/gruexp/gruexp/trainer/atomicfile"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// Exchange says how weights are kept outside.
type Exchange struct {
	Format    interchange.Format
	Renamings []interchange.Renaming
}

// Export writes the model of the run in a directory to the file output.
func Export(dir, output string, e Exchange, extensions *experiment.Extensions) (*layers.Model, error) {
	f, err := OpenModel(dir, extensions)
	if err != nil {
		return nil, err
	}
	var refused error
	err = atomicfile.WriteOutput(output, 0o644, func(w io.Writer) error {
		refused = interchange.Export(w, f.Model, e.Format, e.Renamings, f.Metadata)
		return refused
	})
	if refused != nil {
		if refusal := refuseModel(dir, refused); refusal != nil {
			return nil, refusal
		}
		return nil, refused
	}
	return f.Model, usererr.Output(output, err)
}

// refuseModel makes requests of what a format cannot hold; nil for another error.
func refuseModel(where string, err error) error {
	var faults *fault.Error
	if !errors.As(err, &faults) || faults.Faults[0].What != "" { // a fault of a file of weights, not of the model
		return nil
	}
	all := make(fault.List, len(faults.Faults))
	for i, f := range faults.Faults {
		all[i] = fault.Fault{Where: where, What: "cannot be kept in this format: model." + f.Path, Found: f.Found, Expected: f.Expected}
		if f.Path == "map" {
			all[i] = fault.Fault{Where: "--map", What: "wrong name", Found: f.Found, Expected: f.Expected}
		}
	}
	return all.Err()
}

// Import makes the model of a configuration with the weights of a file and, in a new directory, a run of it.
func Import(source, weightsFile, dir string, e Exchange, extensions *experiment.Extensions) (*layers.Model, error) {
	cfg, err := experiment.ReadModelConfig(source, extensions)
	if err != nil {
		return nil, err
	}
	head, faults := layers.PredictionHead(cfg.Model)
	if err := faults.Err(); err != nil {
		return nil, cfg.Place("model", err)
	}
	if err := checkMemory(cfg, head); err != nil {
		return nil, err
	}
	m, err := layers.NewModel(cfg.Model, head, cfg.Dtype(), graph.NewStreams(cfg.Seed))
	if err != nil {
		return nil, cfg.Place("model", err)
	}
	if err := interchange.Import(weightsFile, m, e.Format, e.Renamings); err != nil {
		if refusal := refuseModel(source, err); refusal != nil {
			return nil, refusal
		}
		return nil, Refuse(weightsFile, err)
	}
	return m, createImported(dir, cfg, m)
}

// checkMemory rejects a model that this machine cannot hold.
func checkMemory(cfg *experiment.Config, head layers.Head) error {
	memory, err := mem.VirtualMemory()
	if err != nil {
		return nil // not known here
	}
	needed := uint64(layers.CountElements(cfg.Model, head)) * uint64(cfg.Dtype().Size())
	var faults fault.List
	faults.Check(needed <= memory.Total, "model", humanize.IBytes(needed)+" of parameters", "no more than the memory of this machine, %s", humanize.IBytes(memory.Total))
	return cfg.Place("", faults.Err())
}

// createImported makes the run: the configuration last, which makes it one.
func createImported(path string, cfg *experiment.Config, m *layers.Model) error {
	text, err := experiment.MarshalModel(cfg)
	if err != nil {
		return err
	}
	dir, err := Create(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	metadata, err := experiment.Metadata(text, data.Preparation{})
	if err != nil {
		return err
	}
	err = dir.WriteTo(ModelFile, func(w io.Writer) error { return interchange.Write(w, m, metadata) })
	if err != nil {
		return err
	}
	return dir.Write(ConfigFile, text)
}

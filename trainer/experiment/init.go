package experiment

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/experiment/suggest"
)

// modelFile is the name of the model file in the directory of a run.
const modelFile = "model.safetensors"

// InitConfig starts a training from the weights of a model that was trained or imported before.
type InitConfig struct {
	// Run is the directory of a run, or a model file.
	Run string `yaml:"run"`
	// Layers are the layers whose weights are taken, by their names, as gru0; the others start with random ones; default: all
	Layers []string `yaml:"layers,omitempty"`
	// Freeze are the layers that training does not change; default: none
	Freeze []string `yaml:"freeze,omitempty"`
}

// Validate lists what is wrong with the configuration itself.
func (c InitConfig) Validate() fault.List {
	var faults fault.List
	faults.Check(c.Run != "", "run", c.Run, "the directory of a run, or a model file")
	for _, names := range []struct {
		path string
		list []string
	}{{"layers", c.Layers}, {"freeze", c.Freeze}} {
		for i, name := range names.list {
			faults.Check(name != "", fmt.Sprintf("%s.%d", names.path, i), name, "the name of a layer, as gru0")
			faults.Check(!slices.Contains(names.list[:i], name), fmt.Sprintf("%s.%d", names.path, i), name, "every layer once")
		}
	}
	return faults
}

// file is the path of the model file.
func (c InitConfig) file() string {
	if info, err := os.Stat(c.Run); err == nil && info.IsDir() {
		return filepath.Join(c.Run, modelFile)
	}
	return c.Run
}

// of says whether a parameter belongs to one of the layers; no names are all layers.
func of(layers []string, p *graph.Param) bool {
	return layers == nil || slices.ContainsFunc(layers, func(l string) bool { return p.Name == l || strings.HasPrefix(p.Name, l+"/") })
}

// solver is the configuration of the solver with the layers that are frozen.
func (c Config) solver() solvers.Config {
	s := c.Solver
	if c.Init != nil && len(c.Init.Freeze) > 0 {
		s.Groups = slices.Concat([]solvers.Group{{Names: c.Init.Freeze, Freeze: true}}, s.Groups)
	}
	return s
}

// checkSolver lists what is wrong with the solver for these parameters. Groups have the places that they have in the configuration.
func (c Config) checkSolver(params []*graph.Param) fault.List {
	faults := c.solver().ValidateFor(params)
	if c.Init == nil || len(c.Init.Freeze) == 0 {
		return faults
	}
	var placed fault.List
	for _, f := range faults {
		rest, ofGroup := strings.CutPrefix(f.Path, "groups.")
		place, key, _ := strings.Cut(rest, ".")
		if n, err := strconv.Atoi(place); ofGroup && err == nil {
			if n == 0 {
				continue // of the frozen layers, which are checked where they are named
			}
			f.Path = strings.TrimSuffix(fmt.Sprintf("groups.%d.%s", n-1, key), ".")
		}
		placed = append(placed, f)
	}
	return placed
}

// initialize takes the weights of another model. Everything that does not fit is one error with paths from "init", and then no weight
// has changed.
func (e *Experiment) initialize() error {
	c := *e.cfg.Init
	params := e.model.Params()
	var faults fault.List
	checkLayers(&faults, "init.layers", c.Layers, params)
	checkLayers(&faults, "init.freeze", c.Freeze, params)
	file, err := weights.Read(c.file())
	if err != nil {
		found := err.Error()
		switch one := fault.Of(err); {
		case errors.Is(err, fs.ErrNotExist):
			found = "no " + modelFile + " and no such file"
		case len(one) > 0:
			found = one[0].Error()
		}
		faults.Add("init.run", c.Run, "the directory of a run that has weights, or a model file")
		faults[len(faults)-1].Found = found
		return faults.Err()
	}
	if len(faults) > 0 {
		return faults.Err()
	}
	var wanted []*graph.Param
	for _, p := range params {
		if of(c.Layers, p) {
			wanted = append(wanted, p)
		}
	}
	tensors := slices.DeleteFunc(slices.Clone(file.Tensors), func(t weights.Tensor) bool {
		return !slices.ContainsFunc(wanted, func(p *graph.Param) bool { return p.Name == t.Name })
	})
	if len(tensors) == 0 && len(file.Tensors) > 0 {
		faults.Add("init.run", "", "a run with some of the layers that are taken; 'gruexp import' makes one of the weights of PyTorch and Keras")
		faults[0].Found = fmt.Sprintf("tensors of other names, as %q", file.Tensors[0].Name)
		return faults.Err()
	}
	path := "init.run"
	if c.Layers != nil {
		path = "init.layers"
	}
	for _, f := range weights.Compare(tensors, graph.Tensors(wanted)) {
		out := ", or init.layers without this layer, which then starts with random weights"
		faults = append(faults, fault.Fault{Path: path, Found: f.What + ": " + f.Found, Expected: f.Expected + out})
	}
	e.checkMeaning(&faults, path, file.Metadata, wanted)
	if len(faults) > 0 {
		return faults.Err()
	}
	return graph.Assign(wanted, tensors)
}

// checkLayers adds a fault for each name that no layer with parameters has.
func checkLayers(faults *fault.List, path string, names []string, params []*graph.Param) {
	var known []string
	for _, p := range params {
		if layer, _, _ := strings.Cut(p.Name, "/"); !slices.Contains(known, layer) {
			known = append(known, layer)
		}
	}
	for i, name := range names {
		fits := slices.ContainsFunc(params, func(p *graph.Param) bool { return of([]string{name}, p) })
		if !fits {
			faults.Add(fmt.Sprintf("%s.%d", path, i), name, "a layer with parameters, %s", suggest.OneOf(known, name, "'gruexp inspect'"))
			(*faults)[len(*faults)-1].Meant = suggest.Nearest(known, name)
		}
	}
}

// checkMeaning adds faults for numbers that fit and mean something else: tokens of another alphabet, classes in another order. A model
// whose file does not say what it was trained on is taken as it is.
func (e *Experiment) checkMeaning(faults *fault.List, path string, metadata map[string]string, wanted []*graph.Param) {
	var before data.Preparation
	if json.Unmarshal([]byte(metadata[PreparationKey]), &before) != nil {
		return
	}
	now, cfg := e.data.Spec, e.model.Config()
	takes := func(layer string) bool {
		return slices.ContainsFunc(wanted, func(p *graph.Param) bool { return of([]string{layer}, p) })
	}
	if len(cfg.Layers) == 0 {
		return
	}
	const embedding = "embedding0"
	if cfg.Layers[0].Embedding != nil && takes(embedding) && before.Alphabet != nil && now.Alphabet != nil && !slices.Equal(before.Alphabet, now.Alphabet) {
		*faults = append(*faults, fault.Fault{Path: path, Found: fmt.Sprintf("%s of another vocabulary: %s", embedding, difference(before.Alphabet, now.Alphabet)),
			Expected: "the same tokens in the same order, or init.layers without " + embedding})
	}
	last := ""
	for _, p := range e.model.Params() {
		last, _, _ = strings.Cut(p.Name, "/")
	}
	if takes(last) && before.Classes != nil && now.Classes != nil && !slices.Equal(before.Classes, now.Classes) {
		*faults = append(*faults, fault.Fault{Path: path, Found: fmt.Sprintf("%s of other classes: %s", last, difference(before.Classes, now.Classes)),
			Expected: "the same classes in the same order, or init.layers without " + last})
	}
}

// difference shows the first place at which two lists differ.
func difference(before, now []string) string {
	for i := range min(len(before), len(now)) {
		if before[i] != now[i] {
			return fmt.Sprintf("number %d is %q there and %q here", i, before[i], now[i])
		}
	}
	return fmt.Sprintf("%d there and %d here", len(before), len(now))
}

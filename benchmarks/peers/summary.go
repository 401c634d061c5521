package main

import (
	"fmt"
	"slices"
	"strings"
)

// section is one table: numbers of the same meaning against their bars.
type section struct {
	title, ours, theirs, value string // heads of the columns; the first two are empty where nothing is compared
	rows                       []row
}

type row struct {
	name         string
	threads      int
	ours, theirs float64 // ns, 0 where not measured
	note         string  // behind theirs
	value        spread
	measured     bool
	bar          bar
}

// sections are all comparisons that the recording has samples for.
func (r *recording) sections() []section {
	var found []section
	for _, s := range []section{
		r.layerSection(), r.trainStepSection(), r.opByOpSection(), r.scalingSection(), r.compileSection(),
		r.allocationsSection(), r.solverSection(), r.streamSection(), r.optionSection(),
	} {
		if len(s.rows) > 0 {
			found = append(found, s)
		}
	}
	return found
}

// compare adds a row with the ratio of ours to theirs, or with inverse of theirs to ours. Without samples of ours there is
// no row.
func (s *section) compare(r *recording, name string, ours, theirs key, inverse bool, limit bar) {
	time, ok := r.nanoseconds(ours)
	if !ok {
		return
	}
	x := row{name: name, threads: ours.Threads, ours: time, bar: limit}
	x.theirs, _ = r.nanoseconds(theirs)
	if inverse {
		x.value, x.measured = r.ratio(theirs, ours)
	} else {
		x.value, x.measured = r.ratio(ours, theirs)
	}
	s.rows = append(s.rows, x)
}

func (r *recording) layerSection() section {
	s := section{title: "Layer, forward and backward, against oneDNN", ours: "ours", theirs: "oneDNN", value: "ours / oneDNN"}
	for _, shape := range r.Shapes {
		for _, threads := range r.Threads {
			s.compare(r, shape.Name, key{ours, "Layer/" + shape.Name, threads}, key{oneDNN, shape.Name, threads}, false, atMost(layerBar))
		}
	}
	return s
}

func (r *recording) trainStepSection() section {
	s := section{title: "Training step against PyTorch at its best", ours: "ours", theirs: "PyTorch", value: "times faster"}
	for _, shape := range r.Shapes {
		best := r.bestTorch(shape.Name)
		for _, threads := range r.Threads {
			before := len(s.rows)
			s.compare(r, shape.Name, key{ours, fusedStep(shape.Name), threads}, best, true, atLeast(trainStepBar(shape.Name, threads)))
			if len(s.rows) > before && best.Threads > 0 {
				s.rows[before].note = fmt.Sprintf("(%d %s)", best.Threads, plural(best.Threads, "thread"))
			}
		}
	}
	return s
}

// bestTorch is the number of threads with which PyTorch is fastest; no threads where it was not measured.
func (r *recording) bestTorch(shape string) key {
	best, least := key{Program: torch, Work: shape}, 0.0
	for _, s := range r.Samples {
		if s.Program != torch || s.Work != shape {
			continue
		}
		if time, _ := r.nanoseconds(s.key); best.Threads == 0 || time < least {
			best, least = s.key, time
		}
	}
	return best
}

func fusedStep(shape string) string    { return "TrainStep/fused/" + shape }
func composedStep(shape string) string { return "TrainStep/composed/" + shape }
func gorgoniaStep(shape string) string { return "Gorgonia/" + shape }

// baseShape is where engines, solvers and options are compared.
const baseShape = "base"

func (r *recording) opByOpSection() section {
	s := section{title: "Training step at base against graphs of elementary nodes", ours: "ours", theirs: "op by op", value: "times faster"}
	for _, x := range []struct{ name, work string }{
		{"Gorgonia alone", gorgoniaStep(baseShape)},
		{"our composed engine", composedStep(baseShape)},
	} {
		for _, threads := range r.Threads {
			s.compare(r, x.name, key{ours, fusedStep(baseShape), threads}, key{ours, x.work, threads}, true, atLeast(opByOpBar))
		}
	}
	return s
}

func (r *recording) scalingSection() section {
	s := section{title: "Two threads over one", ours: "2 threads", theirs: "1 thread", value: "times faster"}
	for _, work := range []string{"Layer/", fusedStep("")} {
		for _, shape := range r.Shapes {
			var limit bar
			if scales(shape.Name) {
				limit = atLeast(scalingBar)
			}
			s.compare(r, work+shape.Name, key{ours, work + shape.Name, 2}, key{ours, work + shape.Name, 1}, true, limit)
		}
	}
	return s
}

func (r *recording) compileSection() section {
	s := section{title: "Compile", value: "ms"}
	for _, shape := range r.Shapes {
		var ms []float64
		for _, sample := range r.of(key{ours, "Compile/" + shape.Name, 1}) {
			ms = append(ms, sample.Nanoseconds/1e6)
		}
		s.alone(shape.Name, 1, ms, atMost(compileBar))
	}
	return s
}

func (r *recording) allocationsSection() section {
	s := section{title: "Allocations of a training step", value: "allocations"}
	for _, shape := range r.Shapes {
		for _, threads := range r.Threads {
			var counts []float64
			for _, sample := range r.of(key{ours, fusedStep(shape.Name), threads}) {
				counts = append(counts, sample.Allocations)
			}
			s.alone(shape.Name, threads, counts, atMost(allocationsBar))
		}
	}
	return s
}

// alone adds a row for numbers of ours that stand by themselves, one of each round. Without numbers there is none.
func (s *section) alone(name string, threads int, values []float64, limit bar) {
	if len(values) == 0 {
		return
	}
	s.rows = append(s.rows, row{
		name: name, threads: threads, measured: true, bar: limit,
		value: spread{median(values), slices.Min(values), slices.Max(values)},
	})
}

func (r *recording) solverSection() section {
	s := section{title: "Solvers against the training step at base", ours: "solver", theirs: "training step", value: "share"}
	for _, work := range r.works("Solver/") {
		s.compare(r, strings.TrimPrefix(work, "Solver/"), key{ours, work, 1}, key{ours, fusedStep(baseShape), 1}, false, atMost(solverBar))
	}
	return s
}

func (r *recording) streamSection() section {
	s := section{title: "Streaming against its matrix-vector products alone", ours: "step", theirs: "products", value: "ratio"}
	for _, shape := range r.Shapes {
		s.compare(r, shape.Name, key{ours, "Stream/" + shape.Name, 1}, key{ours, "StreamProduct/" + shape.Name, 1}, false, atMost(streamBar))
	}
	return s
}

func (r *recording) optionSection() section {
	s := section{title: "Options against the plain layer at base", ours: "option", theirs: "plain", value: "ratio"}
	for _, work := range r.works("Option/") {
		for _, threads := range r.Threads {
			if plain := (key{ours, "Option/plain", threads}); work != plain.Work {
				s.compare(r, strings.TrimPrefix(work, "Option/"), key{ours, work, threads}, plain, false, optionBarOf(work))
			}
		}
	}
	return s
}

// works lists our benchmarks of that prefix in the order in which they ran.
func (r *recording) works(prefix string) []string {
	var found []string
	for _, s := range r.Samples {
		if s.Program == ours && strings.HasPrefix(s.Work, prefix) && !slices.Contains(found, s.Work) {
			found = append(found, s.Work)
		}
	}
	return found
}

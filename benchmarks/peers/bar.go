package main

import "strings"

// The bars, as docs/performance.md has them. Those of training steps are times faster than PyTorch's better one of one
// and all threads, for one thread of ours; for two threads they are twoThreadsBar times that, but for single, whose
// one sequence leaves nothing to divide.
const (
	layerBar       = 1.0
	twoThreadsBar  = 1.6
	opByOpBar      = 20
	scalingBar     = 1.8
	compileBar     = 5 // ms
	allocationsBar = 200
	solverBar      = 0.05
	streamBar      = 1.2
	optionBar      = 1.3
)

var trainStepBars = map[string]float64{"tiny": 8, "base": 3, "large": 2, "wide": 1.8, "single": 20, "long": 10}

// trainStepBar is 0 where no bar is set.
func trainStepBar(shape string, threads int) float64 {
	switch {
	case threads == 1 || threads == 2 && shape == "single":
		return trainStepBars[shape]
	case threads == 2:
		return twoThreadsBar * trainStepBars[shape]
	default:
		return 0
	}
}

// scales says whether the bar asks two threads to be faster at a shape.
func scales(shape string) bool {
	switch shape {
	case "base", "large", "wide", "long":
		return true
	default:
		return false
	}
}

// bar is a limit of a number; the zero value is none.
type bar struct {
	limit   float64
	atLeast bool // else at most
}

func atMost(limit float64) bar  { return bar{limit, false} }
func atLeast(limit float64) bar { return bar{limit, true} }

func (b bar) met(value float64) bool {
	if b.atLeast {
		return value >= b.limit
	}
	return value <= b.limit
}

func (b bar) String() string {
	switch {
	case b.limit == 0:
		return ""
	case b.atLeast:
		return "≥ " + number(b.limit)
	default:
		return "≤ " + number(b.limit)
	}
}

// optionBarOf is the bar of an option against the plain layer: a bidirectional layer is two of them.
func optionBarOf(option string) bar {
	if strings.HasSuffix(option, "/bidirectional") {
		return atMost(2 * optionBar)
	}
	return atMost(optionBar)
}

package experiment

import (
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/solvers"
)

// Extensions are the parts that a program adds to those of this module. A configuration selects them by their keys, as it does the
// built-in ones: errors and suggestions list both. A key must not be the name of a built-in part. The zero value, and nil, add nothing.
type Extensions struct {
	Solvers   map[string]solvers.Factory
	Schedules map[string]solvers.ScheduleFactory
}

// Extend gives a configuration the parts that it may select. Options, defaults and validation know them from then on.
func (c *Config) Extend(e *Extensions) {
	c.extensions = e
	if e == nil {
		return
	}
	if e.Solvers != nil || e.Schedules != nil {
		c.Solver.Extensions = &solvers.Extensions{Solvers: e.Solvers, Schedules: e.Schedules}
	}
}

// Validate lists keys that are taken and parts that make nothing.
func (e *Extensions) Validate() fault.List {
	if e == nil {
		return nil
	}
	own := solvers.Extensions{Solvers: e.Solvers, Schedules: e.Schedules}
	return own.Validate()
}

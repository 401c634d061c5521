package search

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/gruexp/gruexp/graph/fault"
)

// Dimension is a hyperparameter: exactly one of the ways to draw it, and maybe a condition.
type Dimension struct {
	Linear []float64 `yaml:"linear,omitempty"`  // [least, greatest], evenly
	Log    []float64 `yaml:"log,omitempty"`     // [least, greatest], evenly in the logarithm
	Int    []int64   `yaml:"int,omitempty"`     // whole numbers from the first to the second
	LogInt []int64   `yaml:"log_int,omitempty"` // the same, evenly in the logarithm
	Choice []any     `yaml:"choice,omitempty"`  // one of the values

	// When has the hyperparameter only where others have these values, as {solver.name: [sgd, momentum]}.
	When map[string]any `yaml:"when,omitempty"`
}

// Space is hyperparameters by name.
type Space map[string]Dimension

// Validate lists every fault.
func (s Space) Validate() fault.List {
	var faults fault.List
	faults.Check(len(s) > 0, "", "no hyperparameter", "one or more")
	for _, name := range s.names() {
		faults.Under(name, s[name].validate())
		for _, other := range slices.Sorted(maps.Keys(s[name].When)) {
			parent, known := s[other]
			path := name + ".when." + other
			if !known || other == name {
				faults.Add(path, other, "another hyperparameter of the space")
				continue
			}
			for _, v := range listOf(s[name].When[other]) {
				faults.Check(parent.Choice == nil || index(parent.Choice, v) >= 0, path, v, "one of its choices")
			}
		}
	}
	if len(faults) == 0 {
		if _, circle := s.order(); circle != "" {
			faults.Add(circle+".when", circle, "conditions that do not depend on themselves")
		}
	}
	return faults
}

func (d Dimension) validate() fault.List {
	var faults fault.List
	given := 0
	for _, is := range []bool{d.Linear != nil, d.Log != nil, d.Int != nil, d.LogInt != nil, d.Choice != nil} {
		if is {
			given++
		}
	}
	faults.Check(given == 1, "", given, "exactly one of linear, log, int, log_int, choice")
	checkRange(&faults, "linear", d.Linear, math.Inf(-1))
	checkRange(&faults, "log", d.Log, 0)
	checkRange(&faults, "int", d.Int, math.Inf(-1))
	checkRange(&faults, "log_int", d.LogInt, 0)
	faults.Check(d.Choice == nil || len(d.Choice) > 0, "choice", d.Choice, "one value or more")
	for i, v := range d.Choice {
		faults.Check(index(d.Choice[:i], v) < 0, fmt.Sprintf("choice.%d", i), v, "every value once")
	}
	return faults
}

func checkRange[T int64 | float64](faults *fault.List, path string, bounds []T, above float64) {
	if bounds == nil {
		return
	}
	ok := len(bounds) == 2 && bounds[0] < bounds[1] && float64(bounds[0]) > above && !math.IsInf(float64(bounds[1]), 1)
	expected := "[least, greatest]"
	if above == 0 {
		expected += ", both above 0"
	}
	faults.Check(ok, path, bounds, "%s", expected)
}

// names are sorted, so that nothing depends on the order of a map.
func (s Space) names() []string { return slices.Sorted(maps.Keys(s)) }

// order has every hyperparameter after those that its condition speaks of; circle names one of a circle.
func (s Space) order() (names []string, circle string) {
	for len(names) < len(s) {
		before := len(names)
		for _, name := range s.names() {
			ready := !slices.Contains(names, name)
			for other := range s[name].When {
				ready = ready && slices.Contains(names, other)
			}
			if ready {
				names = append(names, name)
			}
		}
		if len(names) == before {
			for _, name := range s.names() {
				if !slices.Contains(names, name) {
					return nil, name
				}
			}
		}
	}
	return names, ""
}

// point is a place in the space: a number from 0 to 1 for each hyperparameter.
type point map[string]float64

// Settings are the values at a point, without the hyperparameters whose condition does not hold.
func (s Space) settings(at point) map[string]any {
	values := map[string]any{}
	names, _ := s.order()
	for _, name := range names {
		if s[name].holds(values) {
			values[name] = s[name].value(at[name])
		}
	}
	return values
}

// holds says whether a condition does, where these are the values of the hyperparameters before.
func (d Dimension) holds(values map[string]any) bool {
	for other, wanted := range d.When {
		v, has := values[other]
		if !has || index(listOf(wanted), v) < 0 {
			return false
		}
	}
	return true
}

// point is where settings are. Those that have no value of a hyperparameter are not in it.
func (s Space) point(settings map[string]any) point {
	at := point{}
	for name, v := range settings {
		if d, ok := s[name]; ok {
			if u, ok := d.place(v); ok {
				at[name] = u
			}
		}
	}
	return at
}

func (d Dimension) value(u float64) any {
	u = min(max(u, 0), math.Nextafter(1, 0))
	between := func(a, b float64) float64 { return a + u*(b-a) }
	switch {
	case d.Linear != nil:
		return between(d.Linear[0], d.Linear[1])
	case d.Log != nil:
		return min(max(math.Exp(between(math.Log(d.Log[0]), math.Log(d.Log[1]))), d.Log[0]), d.Log[1])
	case d.Int != nil:
		return whole(math.Floor(between(float64(d.Int[0]), float64(d.Int[1])+1)), d.Int[0], d.Int[1])
	case d.LogInt != nil:
		return whole(math.Floor(math.Exp(between(math.Log(float64(d.LogInt[0])), math.Log(float64(d.LogInt[1])+1)))), d.LogInt[0], d.LogInt[1])
	default:
		return d.Choice[int(u*float64(len(d.Choice)))]
	}
}

// whole is x as a whole number from least to most: an integer that x itself is too large for would overflow.
func whole(x float64, least, most int64) int64 {
	switch {
	case !(x > float64(least)):
		return least
	case x >= float64(most):
		return most
	default:
		return min(max(int64(x), least), most)
	}
}

// place is the u of a value: the middle of those that have it. It is false for a value that the dimension does not have.
func (d Dimension) place(v any) (u float64, ok bool) {
	if d.Choice != nil {
		i := index(d.Choice, v)
		return (float64(i) + 0.5) / float64(len(d.Choice)), i >= 0
	}
	var x float64
	switch n := v.(type) {
	case float64:
		x = n
	case int64:
		x = float64(n)
	case uint64:
		x = float64(n)
	default:
		return 0, false
	}
	switch {
	case d.Linear != nil:
		u = (x - d.Linear[0]) / (d.Linear[1] - d.Linear[0])
	case d.Log != nil:
		u = (math.Log(x) - math.Log(d.Log[0])) / (math.Log(d.Log[1]) - math.Log(d.Log[0]))
	case d.Int != nil:
		u = (x + 0.5 - float64(d.Int[0])) / (float64(d.Int[1]) + 1 - float64(d.Int[0]))
	default:
		least := math.Log(float64(d.LogInt[0]))
		u = (math.Log(x+0.5) - least) / (math.Log(float64(d.LogInt[1])+1) - least)
	}
	if math.IsNaN(u) || math.IsInf(u, 0) {
		u = 0.5 // float64 cannot tell such large bounds apart
	}
	return u, u >= -1e-9 && u <= 1+1e-9
}

// Corners are settings that, together, have each hyperparameter at either end and each choice at least once: what to check
// before a search.
func (s Space) Corners() []map[string]any {
	most := 2
	for _, d := range s {
		most = max(most, len(d.Choice))
	}
	corners := make([]map[string]any, most)
	for i := range corners {
		at := point{}
		for name, d := range s {
			if n := len(d.Choice); n > 0 {
				at[name] = (float64(i%n) + 0.5) / float64(n)
			} else {
				at[name] = float64(i % 2)
			}
		}
		corners[i] = s.settings(at)
	}
	return corners
}

// index finds a value as JSON would write it: 1 is 1 in every type.
func index(values []any, v any) int {
	return slices.IndexFunc(values, func(other any) bool { return text(other) == text(v) })
}

func text(v any) string {
	written, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(written)
}

// listOf makes a list of one value.
func listOf(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

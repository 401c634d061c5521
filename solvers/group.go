package solvers

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
)

// Group is parameters that are trained in another way. A parameter belongs to the first group that it fits: one of the
// roles, if any are named, and one of the names, if any are. At least one of the two is given.
type Group struct {
	// Roles are some of kernel, recurrent_kernel, bias, embedding, scale and state.
	Roles []graph.Role `yaml:"roles,omitempty"`
	// Names are those of parameters or of layers that they belong to, as "gru0", "gru0/kernel" or "encoder/*/bias": an
	// asterisk matches anything but a slash.
	Names []string `yaml:"names,omitempty"`
	// LearningRateFactor multiplies the learning rate; default: 1.
	LearningRateFactor *float64 `yaml:"learning_rate_factor,omitempty"`
	// WeightDecay replaces that of the solver, for every role; default nil: the solver's.
	WeightDecay *float64 `yaml:"weight_decay,omitempty"`
	// Freeze keeps the parameters as they are, without gradients.
	Freeze bool `yaml:"freeze,omitempty"`
}

// Validate lists every fault of a group.
func (g Group) Validate() fault.List {
	var faults fault.List
	faults.Check(len(g.Roles)+len(g.Names) > 0, "", "neither roles nor names", "at least one of them")
	for _, r := range g.Roles {
		faults.Check(slices.Contains(roles(), r), "roles", string(r), "one of %v", roles())
	}
	for _, n := range g.Names {
		_, err := path.Match(n, "")
		faults.Check(err == nil && n != "", "names", n, "a name or a pattern")
	}
	if g.LearningRateFactor != nil {
		checkGroupRate(&faults, "learning_rate_factor", *g.LearningRateFactor)
	}
	if g.WeightDecay != nil {
		checkStrength(&faults, "weight_decay", *g.WeightDecay)
	}
	faults.Check(!g.Freeze || g.LearningRateFactor == nil && g.WeightDecay == nil, "freeze", g.Freeze, "false, or neither learning_rate_factor nor weight_decay")
	faults.Check(g.Freeze || g.LearningRateFactor != nil || g.WeightDecay != nil, "", "a group like all others",
		"learning_rate_factor, weight_decay or freeze")
	return faults
}

// has tells whether a parameter fits the group.
func (g Group) has(p *graph.Param) bool {
	if len(g.Roles) > 0 && !slices.Contains(g.Roles, p.Role) {
		return false
	}
	return len(g.Names) == 0 || slices.ContainsFunc(g.Names, func(pattern string) bool {
		parts := strings.Split(p.Name, "/")
		for i := range parts {
			if ok, _ := path.Match(pattern, strings.Join(parts[:i+1], "/")); ok { // Validate knows that it is a pattern
				return true
			}
		}
		return false
	})
}

// groupOf returns the group of a parameter, nil where it is in none.
func groupOf(groups []Group, p *graph.Param) *Group {
	if i := slices.IndexFunc(groups, func(g Group) bool { return g.has(p) }); i >= 0 {
		return &groups[i]
	}
	return nil
}

// checkGroups adds a fault for each valid group that has no parameter: it would silently do nothing.
func checkGroups(faults *fault.List, groups []Group, params []*graph.Param) {
	used := make(map[*Group]bool, len(groups))
	for _, p := range params {
		if g := groupOf(groups, p); g != nil && (g.Freeze || p.Trained()) {
			used[g] = true
		}
	}
	for i := range groups {
		if !used[&groups[i]] {
			*faults = append(*faults, fault.Fault{
				Path: fmt.Sprintf("groups.%d", i), Found: "no parameter to train that fits it and no group before", Expected: "at least one",
			})
		}
	}
}

// ScaleByGroup multiplies what is added to the parameters of groups by their factor of the learning rate:
//
//	Δ = g·LearningRateFactor
//
// Parameters of no group pass through.
type ScaleByGroup struct {
	Groups []Group

	factors map[string]float64

	Stateless
}

// Name is "scale_by_group".
func (*ScaleByGroup) Name() string { return "scale_by_group" }

// Init finds the groups of the parameters.
func (s *ScaleByGroup) Init(params []*graph.Param) error {
	s.factors = map[string]float64{}
	for _, p := range params {
		if g := groupOf(s.Groups, p); g != nil && g.LearningRateFactor != nil {
			s.factors[p.Name] = *g.LearningRateFactor
		}
	}
	return nil
}

// Apply scales.
func (s *ScaleByGroup) Apply(_ int, us []Update) error {
	for i, u := range us {
		if factor, ok := s.factors[u.Param.Name]; ok {
			scale(us[i:i+1], factor)
		}
	}
	return nil
}

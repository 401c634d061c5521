package interchange

import (
	"slices"
	"strings"

	"github.com/gruexp/gruexp/graph/fault"
)

// Renaming calls what is ours by another name in a file. Ours is
//
//   - a tensor, by the name that the format gives it ("fc.weight") or by that of a parameter in it ("dense0/kernel");
//     theirs is its name;
//   - a layer ("dense0"), or what the format calls it ("fc"): theirs replaces that name at the beginning of all of its
//     tensors. With the format torch the GRUs after a renamed one, up to the next that is renamed, count as the further
//     layers of the same module: l0, l1, ….
type Renaming struct{ Theirs, Ours string }

// names are renamings and which of them have been of use.
type names struct {
	renamings []Renaming
	used      []bool
	known     []string // all that could have been renamed
}

func newNames(renamings []Renaming) *names {
	return &names{renamings: renamings, used: make([]bool, len(renamings))}
}

// find looks for the renaming of something of ours, known by several names.
func (n *names) find(ours ...string) (theirs string, ok bool) {
	n.known = append(n.known, ours...)
	for i, r := range n.renamings {
		if slices.Contains(ours, r.Ours) {
			n.used[i] = true
			return r.Theirs, true
		}
	}
	return "", false
}

// rename gives the slot the name that a renaming asks for.
func (n *names) rename(standard string, s *slot) {
	ours := []string{standard}
	for _, p := range s.params {
		ours = append(ours, p.Name)
	}
	if theirs, ok := n.find(ours...); ok {
		s.name = theirs
	}
}

// check lists renamings that are of no use.
func (n *names) check(faults *fault.List) {
	for i, r := range n.renamings {
		switch {
		case r.Theirs == "" || r.Ours == "":
			faults.Add("map", r.Theirs+"="+r.Ours, "theirs=ours, neither empty")
		case slices.ContainsFunc(n.renamings[:i], func(other Renaming) bool { return other.Ours == r.Ours }):
			faults.Add("map", r.Theirs+"="+r.Ours, "one name for %s", r.Ours)
		case !n.used[i]:
			slices.Sort(n.known)
			faults.Add("map", r.Theirs+"="+r.Ours, "after the = one of %s", strings.Join(slices.Compact(n.known), ", "))
		}
	}
}

package weights

import "github.com/gruexp/gruexp/graph/fault"

// Compare lists how the tensors found in a file and those that a model expects disagree. They agree where each name
// comes once, in both, with the same dtype and shape. There is one fault for each tensor that is missing, not expected,
// expected twice, or of another dtype or shape: first in the order of expected, then in the order of found. Its place is
// "weights" until [fault.In] gives it a file.
func Compare(found, expected []Tensor) fault.List {
	byName := make(map[string]Tensor, len(found))
	for _, t := range found {
		byName[t.Name] = t
	}
	var faults fault.List
	add := func(name, found, expected string) {
		faults = append(faults, fault.Fault{
			Where: "weights", What: tensorPart(name) + " does not fit the model", Found: found, Expected: expected,
		})
	}
	wanted := make(map[string]bool, len(expected))
	for _, want := range expected {
		switch t, ok := byName[want.Name]; {
		case wanted[want.Name]:
			add(want.Name, "two parameters of this name", "one")
		case !ok:
			add(want.Name, "nothing", describeTensor(want))
		case describeTensor(t) != describeTensor(want):
			add(want.Name, describeTensor(t), describeTensor(want))
		}
		wanted[want.Name] = true
	}
	for _, t := range found {
		if !wanted[t.Name] {
			add(t.Name, describeTensor(t), "no such tensor")
		}
	}
	return faults
}

package spec

import (
	"maps"
	"slices"

	"github.com/gruexp/gruexp/graph/fault"
)

// Kinds are the kinds of layers, cells and losses that a program adds to those built in, by the keys or names under which
// configurations and model files have them. The zero value adds nothing. A decoder of configurations calls [Kinds.Options]
// for a key that a [LayerConfig] does not have, decodes the value of the key into what it returns, by the `yaml` tags of that
// struct, and hands it to [LayerConfig.SetCustom].
type Kinds struct {
	// Layers make the options of a layer with their defaults: a pointer to a struct with yaml tags. Package layers says what else
	// they need in order to be built.
	Layers map[string]func() Layer
	// Cells are recurrences; their options are a [CellConfig].
	Cells map[string]Cell
	// Losses are losses by name.
	Losses map[string]CustomLoss
}

// Custom is a layer of a kind that is not built in.
type Custom struct {
	Kind    string // its key in a configuration
	Options Layer  // what [Kinds.Options] made for the key
}

// withDefaults returns c with the defaults of options that have a method WithDefaults.
func (c Custom) withDefaults() Custom {
	if d, ok := c.Options.(interface{ WithDefaults() Layer }); ok {
		c.Options = d.WithDefaults()
	}
	return c
}

// Options returns a new struct for the options of the layer or cell with that key, as a pointer, with the defaults of a
// layer set. It is false for a key that k does not have.
func (k Kinds) Options(key string) (any, bool) {
	if make, ok := k.Layers[key]; ok {
		return make(), true
	}
	if cell, ok := k.Cells[key]; ok {
		return &CellConfig{Kind: key, Cell: cell}, true
	}
	return nil, false
}

// Layer returns the configuration of a layer with a cell or a kind of k that has its defaults. It is false for a key that k does not have.
func (k Kinds) Layer(key string) (LayerConfig, bool) {
	options, ok := k.Options(key)
	if !ok {
		return LayerConfig{}, false
	}
	var l LayerConfig
	l.SetCustom(key, options)
	return l.WithDefaults(), true
}

// LayerKeys are the keys of the added layers and cells, sorted.
func (k Kinds) LayerKeys() []string {
	return slices.Sorted(maps.Keys(merged(k.Layers, k.Cells)))
}

func merged[A, B any](a map[string]A, b map[string]B) map[string]bool {
	all := map[string]bool{}
	for key := range a {
		all[key] = true
	}
	for key := range b {
		all[key] = true
	}
	return all
}

// isKey tells whether a name is made of small letters, digits and _, a letter first.
func isKey(name string) bool {
	for i, c := range []byte(name) {
		if !(c >= 'a' && c <= 'z' || i > 0 && (c >= '0' && c <= '9' || c == '_')) {
			return false
		}
	}
	return name != ""
}

// Validate lists keys that are already taken or that a configuration could not have, and cells without gates.
func (k Kinds) Validate() fault.List {
	var l fault.List
	key := func(section, name string, taken bool) {
		l.Check(!taken, section, name, "another name: it is built in")
		l.Check(isKey(name), section, name, "a name of small letters, digits and _, a letter first")
		last := name[max(0, len(name)-1):]
		l.Check(section == "losses" || last < "0" || last > "9", section, name, "a name that ends with a letter: layers are called by kind and number")
	}
	builtIn := LayerKinds()
	for _, name := range slices.Sorted(maps.Keys(k.Layers)) {
		key("layers", name, slices.Contains(builtIn, name))
		l.Check(k.Layers[name] != nil, "layers", name, "a function that makes its options")
	}
	for _, name := range slices.Sorted(maps.Keys(k.Cells)) {
		key("cells", name, slices.Contains(builtIn, name))
		l.Check(k.Layers[name] == nil, "cells", name, "another name: a layer has it")
		if cell := k.Cells[name]; cell == nil || len(cell.Gates()) == 0 {
			l.Add("cells", name, "a cell with at least one gate")
		} else {
			gates := cell.Gates()
			slices.Sort(gates)
			l.Check(len(slices.Compact(gates)) == len(cell.Gates()), "cells", name, "gates with different names")
			l.Check(StatesOf(cell) >= 1, "cells", name, "a state with at least one part")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(k.Losses)) {
		_, taken := lossRuleOf(Loss(name))
		key("losses", name, taken || name == "auto")
		l.Check(k.Losses[name] != nil, "losses", name, "a loss")
	}
	return l
}

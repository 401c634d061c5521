package experiment

import (
	"slices"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/experiment/suggest"
	"github.com/gruexp/gruexp/trainer/experiment/yamlconf"
)

// Kind is what a YAML file is about.
type Kind string

// The kinds of files.
const (
	KindExperiment Kind = "experiment" // for train
	KindModel      Kind = "model"      // a model alone, for import
	KindComparison Kind = "comparison" // arms and seeds, for compare
	KindSearch     Kind = "search"     // a space of hyperparameters, for tune
	KindUnknown    Kind = ""           // none of them: no known key
)

// KindOf tells what a document is about by its first level of keys.
func KindOf(document *yamlconf.Document) Kind {
	has := func(key string) bool { return document.Has(key) }
	switch {
	case has("base") && has("arms"), has("arms"):
		return KindComparison
	case has("base") && has("space"), has("space"):
		return KindSearch
	case has("task"), has("data"):
		return KindExperiment
	case has("model"):
		return KindModel
	case has("solver"), has("trainer"), has("loss"), has("seed"):
		return KindExperiment
	default:
		return KindUnknown
	}
}

// otherKind is the one fault of a file that is not an experiment.
func otherKind(document *yamlconf.Document, file string) (f fault.Fault, other bool) {
	f = fault.Fault{Where: file, Expected: "an experiment: a file with task, data and model"}
	switch KindOf(document) {
	case KindComparison:
		f.What, f.Found = "not an experiment", "a study for 'gruexp compare'"
	case KindSearch:
		f.What, f.Found = "not an experiment", "a study for 'gruexp tune'"
	case KindUnknown:
		keys := document.Keys()
		meant := func(key string) bool { return suggest.Nearest(configKeys(), key) != "" }
		if len(keys) == 0 || slices.ContainsFunc(keys, meant) {
			return f, false // what is missing or misspelled is reported key by key
		}
		f.What, f.Found = "not an experiment", "keys that no experiment has: "+list(keys)
	default:
		return f, false
	}
	return f, true
}

// configKeys are the keys of the first level of an experiment.
func configKeys() []string { return yamlconf.Keys(Config{}) }

// list writes the first few of some names.
func list(names []string) string {
	const most = 5
	text := ""
	for i, name := range names {
		switch {
		case i == most:
			return text + ", …"
		case i > 0:
			text += ", "
		}
		text += name
	}
	return text
}

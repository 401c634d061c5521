// Package suggest finds the name that a user probably meant.
package suggest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// synonyms are names of other libraries, letters and digits alone, each with the names that this module has for the same.
var synonyms = map[string][]string{
	"lr": {"learning_rate"}, "alpha": {"learning_rate"}, "rate": {"learning_rate"}, "maxlr": {"learning_rate"},
	"epochs": {"max_epochs"}, "nepochs": {"max_epochs"}, "numepochs": {"max_epochs"}, "epoch": {"max_epochs"}, "maxepoch": {"max_epochs"},
	"steps": {"max_steps"}, "maxiter": {"max_steps"}, "iterations": {"max_steps"},
	"optimizer": {"solver"}, "optim": {"solver"}, "optimiser": {"solver"}, "opt": {"solver"},
	"scheduler": {"schedule"}, "lrscheduler": {"schedule"}, "learningrateschedule": {"schedule"},
	"hiddensize": {"units"}, "hidden": {"units"}, "hiddenunits": {"units"}, "numunits": {"units"}, "nunits": {"units"},
	"outfeatures": {"units"}, "outputdim": {"units"}, "embeddingdim": {"units"}, "width": {"units"},
	"batch": {"batch_size"}, "bs": {"batch_size"}, "minibatch": {"batch_size"}, "minibatchsize": {"batch_size"},
	"mse": {"mean_squared_error"}, "l2loss": {"mean_squared_error"}, "meansquarederror": {"mean_squared_error"}, "squarederror": {"mean_squared_error"},
	"mae": {"mean_absolute_error"}, "l1loss": {"mean_absolute_error"}, "absoluteerror": {"mean_absolute_error"},
	"smoothl1": {"huber"}, "huberloss": {"huber"}, "pinball": {"quantile"}, "pinballloss": {"quantile"},
	"categoricalcrossentropy": {"cross_entropy"}, "sparsecategoricalcrossentropy": {"cross_entropy"}, "softmax": {"cross_entropy"},
	"ce": {"cross_entropy"}, "nllloss": {"cross_entropy"}, "logloss": {"cross_entropy"}, "crossentropyloss": {"cross_entropy"},
	"bce": {"binary_cross_entropy"}, "bcewithlogits": {"binary_cross_entropy"}, "bcewithlogitsloss": {"binary_cross_entropy"},
	"linear": {"dense"}, "fc": {"dense"}, "fullyconnected": {"dense"}, "simplernn": {"rnn"}, "grucell": {"gru"}, "conv": {"conv1d"},
	"batchnormalization": {"batch_norm"}, "layernormalization": {"layer_norm"}, "bn": {"batch_norm"}, "ln": {"layer_norm"},
	"clip": {"clip_norm"}, "gradclip": {"clip_norm"}, "gradientclip": {"clip_norm"}, "maxgradnorm": {"clip_norm"}, "gradientclipval": {"clip_norm"}, "clipnorm": {"clip_norm"},
	"wd": {"weight_decay"}, "l2reg": {"l2"}, "momentumdecay": {"momentum"},
	"earlystop": {"early_stopping"}, "earlystoppingcallback": {"early_stopping"}, "reducelronplateau": {"reduce_on_plateau"},
	"randomseed": {"seed"}, "randomstate": {"seed"}, "dtype": {"precision"}, "lossfunction": {"loss"}, "criterion": {"loss"}, "objective": {"loss"},
	"sequencelength": {"window"}, "seqlen": {"window"}, "lookback": {"window"}, "inputlength": {"window"}, "timesteps": {"window"},
	"predictionlength": {"horizon"}, "steps_ahead": {"horizon"}, "features": {"inputs"}, "inputcolumns": {"inputs"},
	"label": {"target"}, "labels": {"target"}, "y": {"target"}, "normalize": {"scale"}, "normalization": {"scale"}, "scaler": {"scale"},
	"dataset": {"data"}, "csv": {"table"}, "bidir": {"bidirectional"}, "returnsequence": {"return_sequences"},
	"acc": {"accuracy"}, "rms": {"rmse"}, "crossvalidation": {"fold"}, "kfold": {"fold"},
}

// folded is a name without what spellings differ in: case and separators.
func folded(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r == '_' || r == '-' || r == ' ' || r == '.':
			return -1
		}
		return r
	}, name)
}

// Same is the name that means the same as what was given: spelled with other separators or letters, as batchsize or GRU, or the name
// that other libraries have for it, as lr. It is "" where there is none.
func Same(names []string, given string) string {
	wanted := folded(given)
	if wanted == "" || len(given) > longest {
		return ""
	}
	for _, name := range names {
		if folded(name) == wanted {
			return name
		}
	}
	for _, name := range synonyms[wanted] {
		if slices.Contains(names, name) {
			return name
		}
	}
	return ""
}

const longest = 64 // no misspelled name is longer

// Nearest is the name that means the same, or that at the smallest edit distance from what was given, "" where more than a third of the
// letters would be wrong.
func Nearest(names []string, given string) string {
	if given == "" || len(given) > longest {
		return ""
	}
	if same := Same(names, given); same != "" {
		return same
	}
	if len(synonyms[folded(given)]) > 0 {
		return "" // it is a word, not a misspelled one
	}
	best, distance := "", (len(given)+2)/3+1
	for _, name := range names {
		if d := levenshtein.ComputeDistance(name, given); d < distance {
			best, distance = name, d
		}
	}
	return best
}

// OneOf lists the names that are known. Of many it lists the few that are nearest to what was given, and says where all of them are, as
// "'gruexp list'".
func OneOf(names []string, given, where string) string {
	const all, few = 8, 4
	if len(names) <= all {
		return "one of " + strings.Join(names, ", ")
	}
	near := slices.Clone(names)
	if given = folded(given); len(given) <= longest {
		slices.SortStableFunc(near, func(a, b string) int {
			return cmp.Compare(levenshtein.ComputeDistance(folded(a), given), levenshtein.ComputeDistance(folded(b), given))
		})
	}
	if meant := Nearest(names, given); meant != "" { // a synonym may be far
		near = slices.DeleteFunc(near, func(name string) bool { return name == meant })
		near = append([]string{meant}, near...)
	}
	return fmt.Sprintf("one of %s and %d more: see %s", strings.Join(near[:few], ", "), len(names)-few, where)
}

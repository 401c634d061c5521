package suggest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/experiment/suggest"
)

func Example() {
	fmt.Println(suggest.Nearest([]string{"train", "resume", "eval"}, "trian"))
	fmt.Println(suggest.OneOf([]string{"train", "resume", "eval"}, "trian", "'gruexp help'"))
	// Output:
	// train
	// one of train, resume, eval
}

// Of many names only the nearest are listed, the one that was probably meant first.
func TestOneOfMany(t *testing.T) {
	t.Parallel()
	names := []string{"units", "form", "dropout", "recurrent_dropout", "learning_rate", "l1", "l2", "batch_size", "gru", "rnn"}
	for given, expected := range map[string]string{
		"unit":                     "one of units, rnn, form, l1 and 6 more: see 'gruexp help'",
		"lr":                       "one of learning_rate, l1, l2, gru and 6 more: see 'gruexp help'",
		strings.Repeat("u", 1_000): "one of units, form, dropout, recurrent_dropout and 6 more: see 'gruexp help'",
	} {
		if found := suggest.OneOf(names, given, "'gruexp help'"); found != expected {
			t.Errorf("%q: found %q, expected %q", given, found, expected)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"units", "form", "dropout", "recurrent_dropout", "learning_rate", "l1", "l2", "batch_size", "gru", "rnn", "max_epochs", "mean_absolute_error", "mean_squared_error"}
	for given, expected := range map[string]string{
		"unit":                    "units",
		"unitz":                   "units",
		"dropuot":                 "dropout",
		"recurent_dropout":        "recurrent_dropout",
		"form":                    "form",
		"lr":                      "learning_rate",
		"LearningRate":            "learning_rate",
		"learning-rate":           "learning_rate",
		"batchsize":               "batch_size",
		"GRU":                     "gru",
		"SimpleRNN":               "rnn",
		"hidden_size":             "units",
		"epochs":                  "max_epochs",
		"mae":                     "mean_absolute_error",
		"MSE":                     "mean_squared_error",
		"optimizer":               "", // a word that means something that is not among the names
		"size":                    "",
		"":                        "",
		strings.Repeat("u", 1000): "",
	} {
		if found := suggest.Nearest(names, given); found != expected {
			t.Errorf("%q: found %q, expected %q", given, found, expected)
		}
	}
}

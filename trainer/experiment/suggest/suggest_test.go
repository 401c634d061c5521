package suggest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/experiment/suggest"
)

func Example() {
	fmt.Println(suggest.OneOf([]string{"train", "resume", "eval"}, "trian"))
	fmt.Println(suggest.OneOf([]string{"l1", "l2", "learning_rate"}, "lr"))
	// Output:
	// one of train, resume, eval; did you mean "train"?
	// one of l1, l2, learning_rate; did you mean "learning_rate"?
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

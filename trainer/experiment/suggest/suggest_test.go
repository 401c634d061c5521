package usererr_test

import (
	"fmt"
	"strings"
	"testing"

<<<<<<<< HEAD:cmd/gruexp/internal/usererr/suggest_test.go
	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
========
	"github.com/gruexp/gruexp/trainer/experiment/suggest"
>>>>>>>> 3945742 (YAML: nodes of go.yaml.in/yaml, faults of graph/fault, decoded once):trainer/experiment/suggest/suggest_test.go
)

func Example() {
	fmt.Println(usererr.OneOf([]string{"train", "resume", "eval"}, "trian"))
	// Output: one of train, resume, eval; did you mean "train"?
}

func TestNearest(t *testing.T) {
	names := []string{"units", "form", "dropout", "recurrent_dropout"}
	for given, expected := range map[string]string{
		"unit":                    "units",
		"unitz":                   "units",
		"dropuot":                 "dropout",
		"recurent_dropout":        "recurrent_dropout",
		"form":                    "form",
		"size":                    "",
		"":                        "",
		strings.Repeat("u", 1000): "",
	} {
		if found := usererr.Nearest(names, given); found != expected {
			t.Errorf("%q: found %q, expected %q", given, found, expected)
		}
	}
}

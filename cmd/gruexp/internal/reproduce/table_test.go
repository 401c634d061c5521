package reproduce

import (
	"os"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/experiment"
)

func mustUpdate(t *testing.T, text string, results ...*Result) string {
	t.Helper()
	fresh, err := update(text, results...)
	if err != nil {
		t.Fatal(err)
	}
	return fresh
}

func row(t *testing.T, text, name string) string {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "| `"+name+"` |") {
			return line
		}
	}
	t.Fatalf("found no row of %s in\n%s", name, text)
	return ""
}

// A new measurement replaces the row of its experiment and no other; what stands around the table stays.
func TestUpdate(t *testing.T) {
	const before, after = "# Mine\n\ntext | with | bars\n", "\nmore\n"
	text := mustUpdate(t, before+beginMarker+endMarker+after)
	names, err := experiment.Names()
	if err != nil {
		t.Fatal(err)
	}
	if found := strings.Count(text, notYet); found != len(names) {
		t.Errorf("found %d rows of experiments that are not measured, expected %d", found, len(names))
	}
	jsb, vowels := measured(t, "jsb", 8.5, 8.6), measured(t, "japanese-vowels", 0.9, 0.95, 0.99)
	other := summary(experiment.Goal{Metric: "test.mae"}, 3)
	text = mustUpdate(t, mustUpdate(t, mustUpdate(t, text, jsb), other), vowels)
	if !strings.HasPrefix(text, before+beginMarker) || !strings.HasSuffix(text, endMarker+after) {
		t.Errorf("found\n%s\nexpected what stood around the table", text)
	}
	for name, part := range map[string]string{"jsb": "| 8.55 ± 0.64 | 1, 2 |", "mine": "| 3 (one seed) | 1 |", "japanese-vowels": "| 0.9467 ± 0.11 | 1, 2, 3 |", "dates": notYet} {
		if line := row(t, text, name); !strings.Contains(line, part) {
			t.Errorf("found %s expected %s in it", line, part)
		}
	}
	if again := mustUpdate(t, text); again != text {
		t.Errorf("found\n%s\nafter an update with nothing new, expected\n%s", again, text)
	}
	text = mustUpdate(t, text, measured(t, "jsb", 8.4))
	if line := row(t, text, "jsb"); !strings.Contains(line, "| 8.4 (one seed) | 1 |") || strings.Count(text, "| `jsb` |") != 1 {
		t.Errorf("found %s expected the new measurement in its place", line)
	}
}

// measured is a result of a built-in experiment.
func measured(t *testing.T, name string, values ...float64) *Result {
	t.Helper()
	cfg, err := experiment.ReadConfig(name, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := summary(*cfg.Goal, values...)
	r.Experiment = name
	return r
}

// The table of the documents has a row for each experiment, with what is published as the experiment has it.
func TestTableOfTheDocuments(t *testing.T) {
	const document = "../../../../docs/results.md"
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if fresh := mustUpdate(t, string(text)); fresh != string(text) {
		t.Errorf("%s: found another table than\n%s\nwhich 'gruexp reproduce NAME --update docs/results.md' writes", document, fresh)
	}
}

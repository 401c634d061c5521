package docs_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/gruexp/gruexp/layers"
)

// TestStrategiesOfTraining has the program check the configuration of every row of the tables in training.md, on data of which one
// kind allows it, and looks for the test that the row names. No loss is missed.
func TestStrategiesOfTraining(t *testing.T) {
	_, section, _ := strings.Cut(read(t, "training.md"), "\n## Losses, stopping")
	section, _, _ = strings.Cut(section, "\n## ")
	folder := t.TempDir()
	var bases []string
	for i, text := range []string{
		"task: classify\ndata: {table: {path: x.csv, sequence: s, target: y}}\nmodel: {layers: [gru, dense]}\n",
		"task: forecast\ndata: {table: {path: x.csv}, forecast: {target: y}}\nmodel: {layers: [gru, dense]}\n",
	} {
		base := filepath.Join(folder, fmt.Sprintf("base%d.yaml", i))
		if err := os.WriteFile(base, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		bases = append(bases, base)
	}
	rows := regexp.MustCompile("(?m)^\\| [^|]* \\| `(\\{.*\\})` \\|").FindAllStringSubmatch(section, -1)
	if len(rows) < 20 {
		t.Errorf("found %d rows, expected the tables", len(rows))
	}
	for _, m := range rows {
		var keys map[string]any
		if err := yaml.Unmarshal([]byte(m[1]), &keys); err != nil {
			t.Errorf("%s: %v", m[1], err)
			continue
		}
		var sets []string
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			value, err := json.Marshal(keys[key])
			if err != nil {
				t.Fatal(err)
			}
			sets = append(sets, "--set", key+"="+strings.TrimSpace(string(value)))
		}
		answers := ""
		allowed := slices.ContainsFunc(bases, func(base string) bool {
			_, stderr, ok := gruexp(t, append([]string{"config", "show", base}, sets...)...)
			answers += stderr
			return ok
		})
		if !allowed {
			t.Errorf("%s: %s", m[1], answers)
		}
	}
	for _, loss := range layers.Losses() {
		if !strings.Contains(section, string(loss)) {
			t.Errorf("training.md: found nothing of the loss %s", loss)
		}
	}
	for _, m := range regexp.MustCompile(`\[(Test\w+)\]\(([^)#]+)\)`).FindAllStringSubmatch(section, -1) {
		if !strings.Contains(read(t, filepath.FromSlash(m[2])), "func "+m[1]+"(t *testing.T)") {
			t.Errorf("training.md: found no %s in %s", m[1], m[2])
		}
	}
}

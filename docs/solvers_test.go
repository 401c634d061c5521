package docs_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/solvers"
	"github.com/gruexp/gruexp/trainer/experiment/yamlconf"
)

// TestSolversOfTraining makes a solver of every row of the tables in training.md, and misses none.
func TestSolversOfTraining(t *testing.T) {
	_, tables, _ := strings.Cut(read(t, "training.md"), "\n## Solvers, schedules")
	tables, _, _ = strings.Cut(tables, "\n## ")
	named, scheduled := map[string]bool{}, map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| [^|]* \\| `(\\{.*\\})` \\|").FindAllStringSubmatch(tables, -1) {
		var config solvers.Config
		document, err := yamlconf.Parse("training.md", []byte(m[1]))
		if err != nil {
			t.Errorf("%s: %v", m[1], err)
			continue
		}
		if faults := document.Decode(&config); len(faults) > 0 {
			t.Errorf("%s: %v", m[1], faults.Err())
			continue
		}
		plan := solvers.Plan{StepsPerEpoch: 10, Epochs: 100, Streams: graph.NewStreams(1)}
		if config.Name == solvers.NameGD {
			plan.StepsPerEpoch = 1
		}
		if _, err := config.New(plan); err != nil {
			t.Errorf("%s: %v", m[1], err)
		}
		named[config.Name], scheduled[config.Schedule.Name] = true, true
	}
	for _, name := range solvers.Names() {
		if !named[name] {
			t.Errorf("training.md: found no row of the solver %s", name)
		}
	}
	for _, name := range solvers.ScheduleNames() {
		if !scheduled[name] {
			t.Errorf("training.md: found no row of the schedule %s", name)
		}
	}
}

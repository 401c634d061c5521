package report

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gruexp/gruexp/trainer/experiment/studies"
)

// tunedBlocks say what each arm was tuned to before the comparison, nothing where none was.
func tunedBlocks(c *studies.ComparisonResult, n names) []block {
	if c.Tuned == nil {
		return nil
	}
	t := &table{
		Name: n.of("tuned-table"), Caption: "Best settings of each arm",
		Columns: []column{{Name: "arm", Text: true}, {Name: "trials"}, {Name: "pruned"}, {Name: "failed"}, {Name: "best value"}, {Name: "settings", Text: true}},
	}
	for _, name := range c.Better() {
		arm := c.Tuned.Arms[name]
		settings := make([]string, 0, len(arm.Settings))
		for _, path := range slices.Sorted(maps.Keys(arm.Settings)) {
			settings = append(settings, path+"="+studies.Setting(arm.Settings[path]))
		}
		t.Rows = append(t.Rows, row{Cells: []cell{
			text(name), number(float64(arm.Trials)), number(float64(arm.Pruned)), number(float64(arm.Failed)), number(float64(arm.Value)), text(strings.Join(settings, " ")),
		}})
	}
	said := fmt.Sprintf("Before the comparison every arm was tuned by %s (sampler %s, pruner %s), with seeds that the comparison does not have: %s. The best value flatters, since it was chosen for that.",
		Counted(c.Tuned.Trials, "trial"), c.Tuned.Sampler, c.Tuned.Pruner, seedsOf(c.Tuned.Seeds))
	return []block{{Text: said}, {Table: t}}
}

// armFile is the configuration that the runs of an arm have.
func (s *Study) armFile(name string) string {
	if c := s.View.Compare; c.Tuned != nil && c.Tuned.Arms[name].Config != "" {
		return c.Tuned.Arms[name].Config
	}
	return filepath.Join(s.Path, "arms", name+".yaml")
}

// splitFact says what the runs were measured on.
func splitFact(split string) string {
	switch split {
	case studies.SplitVaried:
		return "every seed has a validation part of its own"
	case studies.SplitFixed:
		return "all runs have the same validation part"
	default:
		return split
	}
}

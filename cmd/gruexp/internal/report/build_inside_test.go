package report

import (
	"testing"

	"github.com/gruexp/gruexp/trainer/experiment"
)

// A recurrence that no gradient reaches, as one whose weights are zeros, has no line and no columns: every row has as many cells as
// there are columns.
func TestFlowWithoutAGradient(t *testing.T) {
	t.Parallel()
	flows := []experiment.InsideFlow{
		{Name: "gru0", Gradient: []float64{0, 0, 0}, Counts: []int{4, 4, 2}, Sequences: 4},
		{Name: "gru1", Gradient: []float64{1, 0.5, 0.1}, Counts: []int{4, 4, 2}, Sequences: 4},
	}
	c := flowChart(flows, "test", names{})
	if c == nil || len(c.Series) != 1 || c.Series[0].Name != "gru1" {
		t.Fatalf("found %+v, expected the one recurrence that has a gradient", c)
	}
	for _, r := range c.Table.Rows {
		if len(r.Cells) != len(c.Table.Columns) {
			t.Errorf("found %d cells in %d columns", len(r.Cells), len(c.Table.Columns))
		}
	}
	if c := flowChart(flows[:1], "test", names{}); c != nil {
		t.Errorf("found %+v, expected no chart without a gradient", c)
	}
}

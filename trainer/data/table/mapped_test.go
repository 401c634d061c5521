//go:build unix

package table

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/baseline"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

// A mapped file that cannot be read is an error of the batch, not the end of the program.
func TestMappedFileThatCannotBeRead(t *testing.T) {
	lines := []string{"t,x,y"}
	for i := range 3000 {
		lines = append(lines, fmt.Sprintf("%d,%d,%d", i, i%7, i%5))
	}
	config := data.Config{
		Stream: true, Table: &data.TableConfig{Path: datatest.Write(t, "a.csv", lines...), Time: "t"}, Forecast: &data.ForecastConfig{Target: "y", Window: 4, Horizon: 1},
	}.WithDefaults()
	l := &loader{Builder: data.Builder{Config: config, Task: data.Forecast, PartOf: map[*data.Panel][]data.Part{}}}
	l.NewStore = l.store
	loaded, err := l.load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	var b data.Batch
	if err := loaded.Train.Fill(&b, []int{0, 1}); err != nil {
		t.Fatal(err)
	}
	for _, s := range l.stores { // pages of a file that are not there any more are like those of a broken disk
		if err := s.file.Truncate(0); err != nil {
			t.Fatal(err)
		}
	}
	_, errOfBaselines := baseline.Of(loaded)
	for _, err := range []error{loaded.Train.Fill(&b, []int{0, 1}), errOfBaselines} {
		if found := fault.Of(err); len(found) != 1 || found[0].Kind != fault.Failed || !strings.Contains(err.Error(), "data.stream") {
			t.Errorf("found error %v, expected a failed reading", err)
		}
	}
}

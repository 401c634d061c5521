package experiment_test

import (
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/experiment"
)

// An option that a gru has and a mingru has not is rejected with the reason, not with another layer that has it.
func TestOptionOfRecurrentKernelInMinGRU(t *testing.T) {
	t.Parallel()
	_, err := experiment.Parse("x.yaml", []byte("task: classify\ndata: {name: languages}\nmodel:\n  layers:\n  - embedding\n  - mingru:\n      recurrent_dropout: 0.2\n  - dense\n"))
	const expected = `x.yaml:7: unknown key in model.layers.1.mingru (found "recurrent_dropout", expected nothing: a mingru has no recurrent kernel)`
	if err == nil || !strings.Contains(err.Error(), expected) {
		t.Errorf("found error %v, expected %s", err, expected)
	}
}

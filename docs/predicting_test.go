package docs_test

import (
	"strings"
	"testing"
)

// TestPredictingShowsExamples holds the code of predicting.md to the examples of trainer/predict, which run as tests.
func TestPredictingShowsExamples(t *testing.T) {
	examples := read(t, "../trainer/predict/example_test.go")
	shown := blocks(read(t, "predicting.md"), "go")
	if len(shown) == 0 {
		t.Fatal("found no code in predicting.md")
	}
	for _, block := range shown {
		if !strings.Contains(examples, block) {
			t.Errorf("found code that no example of trainer/predict has:\n%s", block)
		}
	}
}

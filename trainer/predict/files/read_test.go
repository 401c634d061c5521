package files

import (
	"testing"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers/spec"
	"github.com/gruexp/gruexp/trainer/data"
)

// FuzzLine: a line of a .jsonl file is a sequence that fits the model, or an error of the file.
func FuzzLine(f *testing.F) {
	for _, text := range []string{
		`{"inputs": [[1, 2], [null, -1e300]], "sequence": "a"}`, `{"inputs": []}`, `{"inputs": [[1]]}`, `{"inputs": [[1e999, 0]]}`,
		`{"tokens": [0, 2]}`, `{"tokens": [3]}`, `{"tokens": [-1]}`, `{"tokens": [0.5]}`, `{"text": "añ\ud800"}`, `{"text": null}`,
		`{"inputs": null}`, `{}`, `[]`, ``, `{"inputs": [[1, 2]]} x`, `{"inputs": [`, `{"INPUTS": [[1, 2]]}`, `{"inputs": {"a": 1}}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range []*reader{
			{path: "x:1", input: spec.Input{Size: 2}},
			{path: "x:1", input: spec.Input{Vocabulary: 3}, Preparation: data.Preparation{Alphabet: []string{"", "a", "b"}}},
		} {
			in := &data.Sequences{}
			_, err := r.line([]byte(text), in)
			switch {
			case err != nil && fault.Of(err) == nil:
				t.Errorf("found error %v (%T), expected a request", err, err)
			case err != nil && in.Len() != 0:
				t.Errorf("found a sequence and error %v", err)
			case err == nil && in.Len() != 1:
				t.Errorf("found %d sequences in a line that was accepted", in.Len())
			}
			for _, values := range in.Inputs {
				if len(values)%2 != 0 {
					t.Errorf("found %d numbers in steps of 2", len(values))
				}
			}
			for _, tokens := range in.Tokens {
				for _, id := range tokens {
					if id < 0 || id > 2 {
						t.Errorf("found token %d of 3", id)
					}
				}
			}
		}
	})
}

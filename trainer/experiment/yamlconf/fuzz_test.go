package yamlconf_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gruexp/gruexp/trainer/experiment/yamlconf"
)

// FuzzParse holds the package to this: no text and no assignment makes it panic, and what decodes without a problem is
// the same after it was written and read again.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", example, billionLaughs, "a: [", "- - -", "a: &x {b: *x}", "<<: [{a: 1}]", "search: {a: |\n x\n}", "? a\n: b", "!!str a",
		"---\na\n---\nb", "\"\\u00\"", "a: 'x\n\n y'", "{a, b: , : }", "a: >+\n\n x\n\n", "search: {y: 1e-5, z: 0x1F, w: .NaN}", "\t", "a:\r  b",
	} {
		f.Add(seed, "model.layers.0.gru.units=3")
	}
	f.Add(example, "model.layers.2.last.x=[1, {a: b}]")
	f.Fuzz(func(t *testing.T, src, assignment string) {
		doc, err := yamlconf.Parse("exp.yaml", []byte(src))
		if err != nil {
			return
		}
		_ = doc.Set(assignment)
		doc.Locate(assignment)
		found := defaults()
		for _, p := range doc.Decode(&found) {
			_ = p.Error()
			return
		}
		text, err := yamlconf.Marshal(found)
		if err != nil {
			t.Fatal(err)
		}
		doc, err = yamlconf.Parse("exp.yaml", text)
		if err != nil {
			t.Fatalf("cannot read what was written: %v\n%s", err, text)
		}
		again := config{Skipped: found.Skipped, hidden: found.hidden}
		if problems := doc.Decode(&again); len(problems) > 0 {
			t.Fatalf("found problems in what was written:\n%s\n%s", lines(problems), text)
		}
		if diff := cmp.Diff(found, again, exact, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("read back (-written +read):\n%s\n%s", diff, text)
		}
	})
}

package yamlconf_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/experiment/yamlconf"
)

// Text of the largest size that is read costs a bounded amount of memory, whatever it is. The library must not take quadratic time either,
// which would show as a test that does not end.
func TestHostileTextIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds of parsing")
	}
	t.Parallel()
	const most = 1 << 20
	repeat := func(s string) string { return strings.Repeat(s, most/len(s)) }
	for name, src := range map[string]string{
		"lists":           repeat("- 1\n"),
		"nested lists":    repeat("- "),
		"brackets":        repeat("["),
		"closed brackets": strings.Repeat("[", most/2) + strings.Repeat("]", most/2),
		"braces":          repeat("{a: "),
		"commas":          "[" + repeat("a,")[:most-2],
		"keys":            repeat("a: 1\n"),
		"long keys":       repeat(strings.Repeat("k", 1100) + ": 1\n"),
		"comments":        repeat("#\n"),
		"comments after":  "a: [\n" + repeat("# c\n")[:most-10],
		"comments mixed":  repeat("# c\n- a # b\n"),
		"anchors":         repeat("- &a\n"),
		"aliases":         "a: &a 1\nb: [" + repeat("*a, ")[:most-20] + "]",
		"unknown alias":   repeat("- *a\n"),
		"quotes":          repeat("'"),
		"double quotes":   "\"" + repeat("\\n")[:most-2],
		"questions":       repeat("? "),
		"colons":          repeat(": "),
		"spaces":          repeat(" "),
		"lines":           repeat("\n"),
		"blank in plain":  "a: b" + repeat("\n")[:most-6],
		"block":           "a: |\n" + repeat(" x\n")[:most-6],
		"folded":          "a: >\n" + repeat(" x\n\n")[:most-6],
		"documents":       repeat("---\n"),
		"directives":      repeat("%\n"),
		"tags":            repeat("- !!x\n"),
		"merges":          "a: &a {b: 1}\nc:\n" + repeat("  <<: *a\n")[:most-20],
		"tabs":            repeat("\t"),
		"one word":        repeat("x"),
		"indents":         indents(most),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _ = yamlconf.Parse("exp.yaml", []byte(src))
			runtime.ReadMemStats(&after)
			const bound = 1 << 30 // allocated in all, of which the garbage collector keeps a small part
			if allocated := after.TotalAlloc - before.TotalAlloc; allocated > bound {
				t.Errorf("found %d MiB allocated, expected at most %d", allocated>>20, bound>>20)
			}
		})
	}
}

// indents is a mapping in a mapping in a mapping, each with one space more.
func indents(most int) string {
	var b strings.Builder
	for i := 0; b.Len() < most-2000; i++ {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

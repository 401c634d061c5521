package docs_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/data/sets"
)

// TestKnownSets generates the list of the known data sets in data.md.
func TestKnownSets(t *testing.T) {
	list := regexp.MustCompile(`(?s)(<!-- known sets -->\n).*?(<!-- end -->)`)
	generate(t, "data.md", func(text string) string {
		m := list.FindStringSubmatchIndex(text)
		if m == nil {
			t.Fatal("data.md: found no place for the known sets")
		}
		return text[:m[3]] + knownSets() + text[m[4]:]
	})
}

func knownSets() string {
	var b strings.Builder
	for _, set := range sets.Builtin() {
		fmt.Fprintf(&b, "### %s\n\n%s.\n\n", set.Name, strings.ToUpper(set.Description[:1])+set.Description[1:])
		fmt.Fprintf(&b, "- task: `%s`\n- source: %s\n- license: %s\n", set.Task, set.Origin, set.License)
		fmt.Fprintf(&b, "- parts: %s\n- baselines: %s\n", set.Parts, set.Baselines)
		for _, file := range set.Files {
			fmt.Fprintf(&b, "- looked for in the data folder as `%s`\n", strings.Join(file.Places, "`, `"))
			for _, p := range file.Published {
				fmt.Fprintf(&b, "  - published: %d bytes, SHA-256 `%s`", p.Size, p.SHA256)
				if p.URL != "" {
					fmt.Fprintf(&b, ", at <%s>", p.URL)
				}
				b.WriteString("\n")
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

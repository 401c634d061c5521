package docs_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestLayersNameTheirTests looks for every test that layers.md names in the file that it links to.
func TestLayersNameTheirTests(t *testing.T) {
	const document = "layers.md"
	found := regexp.MustCompile(`\[(Test\w+)\]\(([^)#]+)\)`).FindAllStringSubmatch(read(t, document), -1)
	if len(found) == 0 {
		t.Errorf("%s: found no test", document)
	}
	for _, m := range found {
		if !strings.Contains(read(t, filepath.FromSlash(m[2])), "func "+m[1]+"(t *testing.T)") {
			t.Errorf("%s: found no %s in %s", document, m[1], m[2])
		}
	}
}

// TestLayersHaveEveryOption looks for every key of a GRU in layers.md.
func TestLayersHaveEveryOption(t *testing.T) {
	text := read(t, "layers.md")
	source := parseSource(t)
	for name, key := range source.keysOf("spec.GRUConfig") {
		if !strings.Contains(text, "`"+key+"`") && !strings.Contains(text, "`"+key+": ") {
			t.Errorf("layers.md: found nothing of %s (%s)", key, name)
		}
	}
}

package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// TestLinks follows every relative link of every document, also to headings.
func TestLinks(t *testing.T) {
	var documents []string
	for _, pattern := range []string{"../*.md", "*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, found...)
	}
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	links := 0
	for _, document := range documents {
		for _, m := range link.FindAllStringSubmatch(withoutCode(read(t, document)), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			links++
			path, heading, _ := strings.Cut(m[1], "#")
			target := document
			if path != "" {
				target = filepath.Join(filepath.Dir(document), path)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: link %s: found nothing there", document, m[1])
			} else if heading != "" && !headings(t, target)[heading] {
				t.Errorf("%s: link %s: found no such heading", document, m[1])
			}
		}
	}
	if links == 0 {
		t.Errorf("found no link in %v", documents)
	}
}

func read(t *testing.T, document string) string {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// withoutCode leaves out fenced blocks and spans of code.
func withoutCode(text string) string {
	return regexp.MustCompile("(?s)```.*?```|`[^`\n]*`").ReplaceAllString(text, "")
}

// headings gives the anchors of a document, as hosts of Git repositories make them of headings.
func headings(t *testing.T, document string) map[string]bool {
	t.Helper()
	anchors := map[string]bool{}
	text := regexp.MustCompile("(?s)```.*?```").ReplaceAllString(read(t, document), "")
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(text, -1) {
		anchors[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			default:
				return -1
			}
		}, m[1])] = true
	}
	return anchors
}

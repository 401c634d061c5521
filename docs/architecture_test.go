// Package docs_test holds the documents to what the code does.
package docs_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/gruexp/gruexp"

// TestImportsMatchThePicture holds every import between the rooms of this module against the arrows of the picture in
// architecture.md: an import without an arrow breaks the design, an arrow without an import is a lie.
func TestImportsMatchThePicture(t *testing.T) {
	compareArrows(t, arrowsOfPicture(t, "architecture.md", 1), arrowsOfCode(t, "..", roomOf))
}

// TestRoomsOfTheProgramMatchThePicture does the same for the packages of the program among themselves and the second picture.
func TestRoomsOfTheProgramMatchThePicture(t *testing.T) {
	inside := arrowsOfCode(t, "../cmd/gruexp", func(folder string) string {
		folder = strings.TrimPrefix(folder, "cmd/gruexp/")
		switch {
		case folder == "." || folder == "cmd/gruexp":
			return "main"
		case folder == "app" || strings.HasPrefix(folder, "internal/"):
			return strings.TrimPrefix(folder, "internal/")
		default: // of the library: the first picture
			return ""
		}
	})
	compareArrows(t, arrowsOfPicture(t, "architecture.md", 2), inside)
}

func compareArrows(t *testing.T, drawn, built map[string]string) {
	t.Helper()
	for _, arrow := range sorted(built) {
		if _, ok := drawn[arrow]; !ok {
			t.Errorf("%s: imported (in %s), but not drawn in architecture.md", arrow, built[arrow])
		}
	}
	for _, arrow := range sorted(drawn) {
		if _, ok := built[arrow]; !ok {
			t.Errorf("%s: drawn in architecture.md, but nothing is imported", arrow)
		}
	}
}

// TestNumbersKnowNoGorgonia keeps the numbers usable without a graph.
func TestNumbersKnowNoGorgonia(t *testing.T) {
	for file, imports := range importsOfCode(t, "..") {
		if !strings.HasPrefix(file, "graph/kernel/") {
			continue
		}
		for _, path := range imports {
			if strings.HasPrefix(path, "gorgonia.org/") {
				t.Errorf("%s imports %s", file, path)
			}
		}
	}
}

// arrowsOfPicture reads the lines "a --> b & c" of the document's nth mermaid block, counted from 1. A room is named there by its
// folder, slashes written as they are, through a line `id["folder"]`.
func arrowsOfPicture(t *testing.T, document string, nth int) map[string]string {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	pictures := strings.Split(string(text), "```mermaid\n")
	if len(pictures) <= nth {
		t.Fatalf("%s: found %d mermaid pictures, expected %d or more", document, len(pictures)-1, nth)
	}
	block, _, _ := strings.Cut(pictures[nth], "```")
	room := regexp.MustCompile(`^\s*(\w+)\["([^"<]+)`)
	arrow := regexp.MustCompile(`^\s*(\w+)\s*-->\s*(.+?)\s*$`)
	folders := map[string]string{}
	arrows := map[string]string{}
	lines := strings.Split(block, "\n")
	for _, line := range lines {
		if m := room.FindStringSubmatch(line); m != nil {
			folders[m[1]] = m[2]
		}
	}
	for _, line := range lines {
		m := arrow.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		for _, to := range strings.Split(m[2], "&") {
			from, to := folders[m[1]], folders[strings.TrimSpace(to)]
			if from == "" || to == "" {
				t.Fatalf("%s: an arrow of %q has no room", document, line)
			}
			arrows[from+" --> "+to] = line
		}
	}
	if len(arrows) == 0 {
		t.Fatalf("%s: found no arrows", document)
	}
	return arrows
}

// arrowsOfCode gives the imports between rooms.
func arrowsOfCode(t *testing.T, root string, roomOf func(folder string) string) map[string]string {
	t.Helper()
	arrows := map[string]string{}
	for file, imports := range importsOfCode(t, root) {
		from := roomOf(filepath.ToSlash(filepath.Dir(file)))
		for _, path := range imports {
			inside, ok := strings.CutPrefix(path, module+"/")
			if !ok {
				continue
			}
			if to := roomOf(inside); to != from && to != "" {
				arrows[from+" --> "+to] = file
			}
		}
	}
	return arrows
}

// roomOf is the room of a folder in the first picture, where the packages below cmd/gruexp are one.
func roomOf(folder string) string {
	if strings.HasPrefix(folder, "cmd/gruexp") {
		return "cmd/gruexp"
	}
	return folder
}

// importsOfCode parses the imports of every Go file that is not a test.
func importsOfCode(t *testing.T, root string) map[string][]string {
	t.Helper()
	imports := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata" || entry.Name() == "examples") {
			return filepath.SkipDir
		}
		if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && path != root { // another module
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		relative = filepath.ToSlash(relative)
		imports[relative] = nil
		for _, spec := range file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			imports[relative] = append(imports[relative], path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(imports) == 0 {
		t.Fatal("found no Go files")
	}
	return imports
}

func sorted(arrows map[string]string) []string {
	keys := make([]string, 0, len(arrows))
	for k := range arrows {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// documents are those with code in them.
var documents = []string{"../README.md", "../CONTRIBUTING.md", "training.md", "data.md", "interchange.md", "predicting.md", "inspect.md", "sampling.md", "studies.md", "report.md", "watch.md", "configuration.md", "results.md"}

// blocks returns the fenced blocks of a language.
func blocks(text, language string) []string {
	var found []string
	for _, m := range regexp.MustCompile("(?sm)^```"+language+"\n(.*?)^```").FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	return found
}

// TestConfigurationsOfDocuments lets the program check every complete configuration that a document shows.
func TestConfigurationsOfDocuments(t *testing.T) {
	checked := 0
	for _, document := range documents {
		for _, block := range blocks(read(t, document), "yaml") {
			if !strings.HasPrefix(block, "task:") {
				continue // a part of one
			}
			checked++
			file := filepath.Join(t.TempDir(), "block.yaml")
			if err := os.WriteFile(file, []byte(block), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, stderr, ok := gruexp(t, "config", "check", file); !ok {
				t.Errorf("%s: %s\n%s", document, stderr, block)
			}
		}
	}
	if checked == 0 {
		t.Error("found no configuration")
	}
}

// TestCommandsOfDocuments checks verbs, experiments and assignments of the commands that documents show.
func TestCommandsOfDocuments(t *testing.T) {
	verbs := verbsOfProgram(t)
	command := regexp.MustCompile(`(?m)^[ \t]*(?:\w+=\S* )*(?:go run ./cmd/)?gruexp ([\w-]+)(.*?)(?:#.*)?$`)
	assignment := regexp.MustCompile(`--set[ =](?:"([^"]*)"|'([^']*)'|(\S+))`)
	checked := 0
	for _, document := range documents {
		for _, block := range blocks(read(t, document), "sh") {
			for _, m := range command.FindAllStringSubmatch(strings.ReplaceAll(block, "\\\n", ""), -1) {
				checked++
				if m[1] != "help" && !slices.Contains(verbs, m[1]) {
					t.Errorf("%s: %s: found verb %s, expected one of %v", document, m[0], m[1], verbs)
				}
				sets := assignment.FindAllStringSubmatch(m[2], -1)
				arguments := strings.TrimSpace(m[2])
				if m[1] == "config" {
					_, arguments, _ = strings.Cut(arguments, " ") // show, check or plot
				}
				experiment, _, _ := strings.Cut(arguments, " ")
				if len(sets) == 0 || strings.HasSuffix(experiment, ".yaml") {
					continue
				}
				if strings.HasPrefix(experiment, "--") {
					experiment = "languages"
				}
				args := []string{"config", "show", experiment}
				for _, set := range sets {
					args = append(args, "--set", strings.Join(set[1:], ""))
				}
				if _, stderr, ok := gruexp(t, args...); !ok {
					t.Errorf("%s: %s: %s", document, m[0], stderr)
				}
			}
		}
	}
	if checked == 0 {
		t.Error("found no command")
	}
}

// TestVerbsOfReadme holds the table of the verbs to the program's help.
func TestVerbsOfReadme(t *testing.T) {
	var found []string
	for _, m := range regexp.MustCompile("(?m)^\\| `gruexp ([\\w-]+)").FindAllStringSubmatch(read(t, "../README.md"), -1) {
		if !slices.Contains(found, m[1]) {
			found = append(found, m[1])
		}
	}
	slices.Sort(found)
	if expected := verbsOfProgram(t); !slices.Equal(found, expected) {
		t.Errorf("README.md: found the verbs %v, expected %v", found, expected)
	}
}

func verbsOfProgram(t *testing.T) []string {
	t.Helper()
	help, stderr, ok := gruexp(t, "--help")
	_, list, found := strings.Cut(help, "Available Commands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	if !ok || !found {
		t.Fatalf("help: found no list of commands in %q %s", help, stderr)
	}
	var verbs []string
	for line := range strings.Lines(list) {
		if verb := strings.Fields(line)[0]; verb != "help" {
			verbs = append(verbs, verb)
		}
	}
	return verbs
}

// TestReadmeShowsTheExample holds the Go code of README.md to the body of classify, which is compiled and run.
func TestReadmeShowsTheExample(t *testing.T) {
	const name = "example_test.go"
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	text := read(t, name)
	body := ""
	for _, declared := range file.Decls {
		if f, ok := declared.(*ast.FuncDecl); ok && f.Name.Name == "classify" {
			body = text[files.Position(f.Body.Lbrace).Offset+2 : files.Position(f.Body.Rbrace).Offset]
		}
	}
	body = strings.TrimPrefix(strings.ReplaceAll("\n"+body, "\n\t", "\n"), "\n")
	if found := blocks(read(t, "../README.md"), "go"); len(found) != 1 || found[0] != body {
		t.Errorf("README.md: found Go code\n%s\nexpected the body of classify\n%s", strings.Join(found, "\n…\n"), body)
	}
}

package simd

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// In the assembly for arm64 some instructions are words, because the assembler of Go does not know them. Each word is what
// the assembler of LLVM makes of its comment.
func TestWordsAreTheirComments(t *testing.T) {
	assembler, err := exec.LookPath("llvm-mc")
	if err != nil {
		t.Skip("llvm-mc is not installed (Debian: llvm)")
	}
	files, err := filepath.Glob("*_arm64.s")
	if err != nil || len(files) == 0 {
		t.Fatalf("found %q, %v", files, err)
	}
	line := regexp.MustCompile(`^\tWORD \$0x([0-9a-f]{8}) // (.+)$`)
	words := map[string]string{} // by comment
	var comments []string
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for s := range strings.Lines(string(text)) {
			found := line.FindStringSubmatch(strings.TrimRight(s, "\n"))
			switch {
			case found == nil && strings.Contains(s, "WORD"):
				t.Fatalf("%s: %q has no comment", name, s)
			case found == nil:
			case words[found[2]] == "":
				words[found[2]] = found[1]
				comments = append(comments, found[2])
			case words[found[2]] != found[1]:
				t.Fatalf("%s: %s is %s and %s", name, found[2], found[1], words[found[2]])
			}
		}
	}
	command := exec.Command(assembler, "-triple=aarch64", "-show-encoding")
	command.Stdin = strings.NewReader(strings.Join(comments, "\n"))
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	encoding := regexp.MustCompile(`encoding: \[0x(..),0x(..),0x(..),0x(..)\]`)
	i := 0
	for scanner := bufio.NewScanner(strings.NewReader(string(out))); scanner.Scan(); {
		found := encoding.FindStringSubmatch(scanner.Text())
		if found == nil {
			continue
		}
		if want := fmt.Sprint(found[4], found[3], found[2], found[1]); words[comments[i]] != strings.ReplaceAll(want, " ", "") {
			t.Errorf("%s: found %s, expected %s", comments[i], words[comments[i]], want)
		}
		i++
	}
	if i != len(comments) || i == 0 {
		t.Errorf("%d encodings of %d instructions", i, len(comments))
	}
}

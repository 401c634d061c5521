//go:build slow

package predict_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestSize builds a program that opens a model and streams rows.
func TestSize(t *testing.T) {
	const most = 5_000_000
	dir, err := os.MkdirTemp(".", "testprogram")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	source := `package main

import (
	"fmt"
	"os"

	"github.com/gruexp/gruexp/trainer/predict"
)

func main() {
	p, err := predict.Open(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	found, err := p.Stream().Step(predict.Row{"x": 1.0})
	fmt.Println(found, err)
}
`
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "program")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "./"+dir)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	info, err := os.Stat(program)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > most {
		t.Errorf("found a program of %d bytes, expected at most %d", info.Size(), most)
	}
}

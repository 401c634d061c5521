package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// runFolder is the name of a recording in benchmarks/runs: date, processor and, where they are not the best, our kernels.
func (r *recording) runFolder(day time.Time) string {
	parts := []string{day.Format(time.DateOnly)}
	parts = append(parts, strings.FieldsFunc(strings.ToLower(r.Machine.CPU), func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c)
	})...)
	// Trademarks and words that every processor has say nothing.
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "r" || s == "tm" || s == "cpu" || s == "processor" })
	if r.Machine.Kernels == "go" {
		parts = append(parts, "go")
	}
	return strings.Join(parts, "-")
}

// files are all files of a recording: what was measured as JSON and as CSV, tables, picture, and how it was measured.
func (r *recording) files(ctx context.Context, samples []byte) (map[string]string, error) {
	rounds, err := r.csv()
	if err != nil {
		return nil, err
	}
	files := map[string]string{"samples.json": string(samples) + "\n", "rounds.csv": rounds, "peers.md": r.markdown(), "peers.svg": r.picture()}
	if r.Command != "" {
		files["command.txt"] = r.Command + "\n"
	}
	if len(r.Tools) > 0 {
		files["versions.txt"] = strings.Join(r.Tools, "\n") + "\n"
	}
	if text, err := exec.CommandContext(ctx, "lscpu").Output(); err == nil && r.measured {
		files["lscpu.txt"] = string(text)
	}
	return files, nil
}

// csv has a line for each sample.
func (r *recording) csv() (string, error) {
	var b strings.Builder
	w := csv.NewWriter(&b)
	lines := [][]string{{"program", "work", "threads", "round", "ns", "allocs", "others"}}
	for _, s := range r.Samples {
		lines = append(lines, []string{
			s.Program, s.Work, strconv.Itoa(s.Threads), strconv.Itoa(s.Round), strconv.FormatFloat(s.Nanoseconds, 'f', -1, 64),
			strconv.FormatFloat(s.Allocations, 'f', -1, 64), strconv.FormatFloat(s.Others, 'g', 4, 64),
		})
	}
	if err := w.WriteAll(lines); err != nil {
		return "", err
	}
	return b.String(), nil
}

// toolVersions are the first lines of what the tools say about themselves.
func toolVersions(ctx context.Context, commands ...[]string) []string {
	var found []string
	for _, c := range commands {
		if text, err := exec.CommandContext(ctx, c[0], c[1:]...).Output(); err == nil {
			line, _, _ := strings.Cut(string(text), "\n")
			found = append(found, line)
		}
	}
	return found
}

// commandLine is the command that measures the same again, with the variables that choose kernels and BLAS.
func commandLine(args []string) string {
	var parts []string
	for _, name := range []string{"GRUEXP_KERNELS", "OPENBLAS_CORETYPE"} {
		if value, set := os.LookupEnv(name); set {
			parts = append(parts, name+"="+value)
		}
	}
	return strings.Join(append(append(parts, "go run ./benchmarks/peers"), args...), " ")
}

// writeFiles writes files into a folder, which it makes.
func writeFiles(folder string, files map[string]string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintln(os.Stderr, "written:", folder)
	return nil
}

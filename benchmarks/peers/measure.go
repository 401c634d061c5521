package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

const benchmarksPackage = "github.com/gruexp/gruexp/benchmarks"

//go:embed onednn/lbr_gru.cpp
var oneDNNSource []byte

//go:embed torch/train_step.py
var torchSource []byte

// session is one call of the command: what it has built and recorded so far.
type session struct {
	options
	folder   string            // for what is built
	programs map[string]string // path of what runs, by program; a program that is missing has none
	record   *recording
}

// measure builds the programs and runs all rounds.
func measure(ctx context.Context, o options) (*recording, error) {
	folder, err := os.MkdirTemp("", "peers")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	shapes, err := readShapes(ctx, o.shapes)
	if err != nil {
		return nil, err
	}
	s := &session{options: o, folder: folder, programs: map[string]string{}, record: &recording{
		Machine: thisMachine(), Versions: map[string]string{}, Threads: o.threads, Shapes: shapes,
		Command: o.command, measured: true,
		Tools: toolVersions(ctx, []string{"go", "version"}, []string{"g++", "--version"}, []string{"python3", "--version"}, []string{"uname", "-sr"}),
	}}
	if err := s.build(ctx); err != nil {
		return nil, err
	}
	for round := 1; round <= o.rounds; round++ {
		for _, w := range s.plan() {
			fmt.Fprintf(os.Stderr, "round %d of %d: %s %s, %d threads\n", round, o.rounds, w.Program, w.Work, w.Threads)
			if err := s.take(ctx, round, w); err != nil {
				return nil, err
			}
		}
	}
	return s.record, nil
}

// readShapes returns the shapes of those names, or all.
func readShapes(ctx context.Context, names []string) ([]shape, error) {
	folder, err := output(exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", benchmarksPackage))
	if err != nil {
		return nil, err
	}
	path := filepath.Join(strings.TrimSpace(folder), "shapes.json")
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all []shape
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(names) == 0 {
		return all, nil
	}
	var chosen []shape
	for _, name := range names {
		i := slices.IndexFunc(all, func(s shape) bool { return s.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("-shapes: found %q, expected names of %s", name, path)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// build makes our test binary and every peer that can be made here.
func (s *session) build(ctx context.Context) error {
	binary := filepath.Join(s.folder, "benchmarks.exe")
	if _, err := output(exec.CommandContext(ctx, "go", "test", "-c", "-o", binary, benchmarksPackage)); err != nil {
		return err
	}
	s.programs[ours] = binary
	s.buildOneDNN(ctx)
	s.findTorch(ctx)
	return ctx.Err()
}

func (s *session) buildOneDNN(ctx context.Context) {
	source, binary := filepath.Join(s.folder, "lbr_gru.cpp"), filepath.Join(s.folder, "lbr_gru")
	if _, err := exec.LookPath("g++"); err != nil {
		s.miss("oneDNN: found no g++ (Debian: apt-get install g++ libdnnl-dev)")
		return
	}
	err := os.WriteFile(source, oneDNNSource, 0o644)
	if err == nil {
		args := []string{"-O2", "-std=c++17", source, "-o", binary}
		if s.onednn != "" {
			args = append(args, "-I"+filepath.Join(s.onednn, "include"))
			for _, lib := range []string{"lib", "lib64"} {
				path := filepath.Join(s.onednn, lib)
				args = append(args, "-L"+path, "-Wl,-rpath,"+path)
			}
		}
		_, err = output(exec.CommandContext(ctx, "g++", append(args, "-ldnnl")...))
	}
	if err != nil {
		s.miss(fmt.Sprintf("oneDNN: is libdnnl-dev installed (Debian: apt-get install libdnnl-dev)? %v", err))
		return
	}
	s.programs[oneDNN] = binary
}

// findTorch looks for a Python with PyTorch: the first of the search path may be another than the system's.
func (s *session) findTorch(ctx context.Context) {
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(ctx, python, "-c", "import torch").Run() == nil {
			s.programs[torch] = python
			return
		}
	}
	s.miss("PyTorch: found no python3 that imports torch (Debian: apt-get install python3-torch libopenblas0-pthread)")
}

func (s *session) miss(what string) {
	fmt.Fprintln(os.Stderr, "missing:", what)
	s.record.Missing = append(s.record.Missing, what)
}

// plan lists what a round runs, the two sides of a ratio close to each other.
func (s *session) plan() []key {
	var plan []key
	add := func(program, work string, threads ...int) {
		if s.programs[program] == "" {
			return
		}
		for _, n := range threads {
			plan = append(plan, key{program, work, n})
		}
	}
	torchThreads := []int{1}
	if cores := runtime.NumCPU(); cores > 1 {
		torchThreads = append(torchThreads, cores)
	}
	for _, shape := range s.record.Shapes {
		for _, threads := range s.threads {
			add(ours, "Layer/"+shape.Name, threads)
			add(oneDNN, shape.Name, threads)
		}
		add(ours, fusedStep(shape.Name), s.threads...)
		add(torch, shape.Name, torchThreads...)
		if shape.Name == baseShape {
			add(ours, composedStep(shape.Name), s.threads...)
			add(ours, gorgoniaStep(shape.Name), s.threads...)
			add(ours, "Solver", 1)
			add(ours, "Option", s.threads...)
		}
		add(ours, "Compile/"+shape.Name, 1)
		add(ours, "Stream/"+shape.Name, 1)
		add(ours, "StreamProduct/"+shape.Name, 1)
	}
	return plan
}

// take runs a program, again and again while others disturb it, and records the best samples. A peer that fails is missing
// from then on.
func (s *session) take(ctx context.Context, round int, w key) error {
	if s.programs[w.Program] == "" {
		return nil
	}
	var best []sample
	least := math.Inf(1)
	for start := time.Now(); best == nil || least > disturbed && time.Since(start) < s.patience; {
		samples, others, err := s.run(ctx, w)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && w.Program == ours:
			return err
		case err != nil:
			delete(s.programs, w.Program)
			s.miss(fmt.Sprintf("%s: %v", w.Program, err))
			return nil
		}
		if others < least {
			best, least = samples, others
		}
	}
	for _, sample := range best {
		sample.Round, sample.Others = round, least
		s.record.Samples = append(s.record.Samples, sample)
	}
	return nil
}

// run runs a program once. It returns the share of the machine that others had meanwhile.
func (s *session) run(ctx context.Context, w key) ([]sample, float64, error) {
	command := s.command(ctx, w)
	busy, start := busySeconds(), time.Now()
	text, err := output(command)
	if err != nil {
		return nil, 0, err
	}
	elapsed := time.Since(start).Seconds() * float64(runtime.NumCPU())
	own := command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	others := max(0, busySeconds()-busy-own.Seconds()) / elapsed

	if w.Program == ours {
		samples, err := s.record.parseBenchmarks(text, w.Threads)
		if err == nil && len(samples) == 0 {
			err = fmt.Errorf("found no benchmark %s", w.Work)
		}
		return samples, others, err
	}
	var result struct {
		Program     string
		Nanoseconds float64 `json:"median_ns"`
	}
	if err := json.Unmarshal([]byte(text), &result); err != nil {
		return nil, 0, fmt.Errorf("%s: %w", strings.TrimSpace(text), err)
	}
	s.record.Versions[w.Program] = result.Program
	return []sample{{key: w, Nanoseconds: result.Nanoseconds}}, others, nil
}

func (s *session) command(ctx context.Context, w key) *exec.Cmd {
	if w.Program == ours {
		pattern := "^Benchmark" + strings.ReplaceAll(w.Work, "/", "$/^") + "$"
		command := exec.CommandContext(ctx, s.programs[ours], "-test.run", "^$", "-test.bench", pattern,
			"-test.cpu", strconv.Itoa(w.Threads), "-test.benchtime", fmt.Sprintf("%gs", s.seconds))
		command.Dir = s.folder
		return command
	}
	i := slices.IndexFunc(s.record.Shapes, func(shape shape) bool { return shape.Name == w.Work })
	shape := s.record.Shapes[i]
	args := []string{strconv.Itoa(shape.Steps), strconv.Itoa(shape.Batch), strconv.Itoa(shape.Inputs), strconv.Itoa(shape.Units), fmt.Sprint(s.seconds)}
	if w.Program == torch {
		args = append([]string{"-"}, args...)
	}
	command := exec.CommandContext(ctx, s.programs[w.Program], args...)
	if w.Program == torch {
		command.Stdin = bytes.NewReader(torchSource)
	}
	command.Env = append(os.Environ(), fmt.Sprintf("OMP_NUM_THREADS=%d", w.Threads), fmt.Sprintf("OPENBLAS_NUM_THREADS=%d", w.Threads))
	// An OpenBLAS that is older than the processor takes it for its ancestor without AVX-512, at half the speed.
	if _, set := os.LookupEnv("OPENBLAS_CORETYPE"); !set && slices.Contains(s.record.Machine.Features, "avx512f") {
		command.Env = append(command.Env, "OPENBLAS_CORETYPE=SkylakeX")
	}
	return command
}

// parseBenchmarks reads the output of go test -bench. Lines "cpu:" and "kernels:" say more of the machine.
func (r *recording) parseBenchmarks(text string, threads int) ([]sample, error) {
	var found []sample
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, "cpu: "); ok {
			r.Machine.CPU = strings.TrimSpace(value)
		}
		if value, ok := strings.CutPrefix(line, "kernels: "); ok {
			r.Machine.Kernels = strings.TrimSpace(value)
		}
		name, ok := strings.CutPrefix(line, "Benchmark")
		fields := strings.Fields(name)
		if !ok || len(fields) < 4 {
			continue
		}
		work := strings.TrimSuffix(fields[0], fmt.Sprintf("-%d", threads))
		s := sample{key: key{ours, work, threads}}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", strings.TrimSpace(line), err)
			}
			switch fields[i+1] {
			case "p50-ns":
				s.Nanoseconds = value
			case "allocs/op":
				s.Allocations = value
			}
		}
		if s.Nanoseconds == 0 {
			return nil, fmt.Errorf("%s: found no p50-ns", strings.TrimSpace(line))
		}
		found = append(found, s)
	}
	return found, nil
}

// output runs a command and returns what it writes. What it complains of goes to our standard error; the error has the
// first line of that.
func output(command *exec.Cmd) (string, error) {
	var out, problems bytes.Buffer
	command.Stdout, command.Stderr = &out, io.MultiWriter(os.Stderr, &problems)
	if err := command.Run(); err != nil {
		os.Stderr.Write(out.Bytes()) // go test says there what failed
		first, _, _ := strings.Cut(problems.String(), "\n")
		return "", fmt.Errorf("%s: %w: %s", filepath.Base(command.Path), err, first)
	}
	return out.String(), nil
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

type options struct {
	rounds    int
	seconds   float64       // length of one sample
	patience  time.Duration // how long to go on taking a sample that others disturb
	shapes    []string      // empty: all
	threads   []int
	out, from string
	onednn    string // folder of an oneDNN that is not installed in the system; or empty
	keep      bool
	command   string // that runs the same again
}

func main() {
	o, err := parseOptions(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		stop()
		os.Exit(1)
	}
}

func parseOptions(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	flags.IntVar(&o.rounds, "rounds", 5, "rounds of A B A B …")
	flags.DurationVar(&o.patience, "patience", 10*time.Second, "how long to take a sample again and again that other programs disturb")
	flags.Float64Var(&o.seconds, "seconds", 0.3, "length of one sample")
	shapes := flags.String("shapes", "", "names separated by commas (default all)")
	threads := flags.String("threads", "1,2", "numbers of threads separated by commas")
	flags.StringVar(&o.out, "out", "", "folder for the recording: samples.json, rounds.csv, peers.md, peers.svg, lscpu.txt, versions.txt, command.txt")
	flags.StringVar(&o.from, "from", "", "show this samples.json, measure nothing")
	flags.StringVar(&o.onednn, "onednn", "", "folder of another oneDNN, 2.x or 3.x, with include and lib")
	flags.BoolVar(&o.keep, "keep", false, "keep the recording in benchmarks/runs/DATE-PROCESSOR")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("found argument %q, expected flags only", flags.Arg(0))
	}
	if *shapes != "" {
		o.shapes = strings.Split(*shapes, ",")
	}
	for text := range strings.SplitSeq(*threads, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return o, fmt.Errorf("-threads: found %q, expected numbers of at least 1", text)
		}
		o.threads = append(o.threads, n)
	}
	o.command = commandLine(args)
	if o.rounds < 1 || !(o.seconds > 0) {
		return o, errors.New("-rounds and -seconds: expected more than 0")
	}
	return o, nil
}

func run(ctx context.Context, o options) error {
	var r *recording
	var err error
	if o.from != "" {
		r, err = readRecording(o.from)
	} else {
		r, err = measure(ctx, o)
	}
	if err != nil {
		return err
	}
	table := r.markdown()
	fmt.Print(table)
	if o.keep {
		folder, err := output(exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", benchmarksPackage))
		if err != nil {
			return err
		}
		o.out = filepath.Join(strings.TrimSpace(folder), "runs", r.runFolder(time.Now()))
	}
	if o.out == "" {
		return nil
	}
	samples, err := json.Marshal(r)
	if err != nil {
		return err
	}
	files, err := r.files(ctx, samples)
	if err != nil {
		return err
	}
	return writeFiles(o.out, files)
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
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
	flags.StringVar(&o.out, "out", "", "folder for samples.json, peers.md and peers.svg")
	flags.StringVar(&o.from, "from", "", "show this samples.json, measure nothing")
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
	if o.out == "" {
		return nil
	}
	samples, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	for name, content := range map[string]string{"samples.json": string(samples) + "\n", "peers.md": table, "peers.svg": r.picture()} {
		if err := os.WriteFile(filepath.Join(o.out, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

package main_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal is both ends of one.
func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { master.Close() })
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Skip(err)
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Skip(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

// A terminal gets a bar below the lines of the trials; anything else, lines alone.
func TestStudyOnATerminal(t *testing.T) {
	notShort(t)
	t.Parallel()
	file := studyFile(t, compareSwings)
	master, slave := terminal(t)
	c := command(t, "compare", file, "--jobs", "1", "--json")
	c.Stderr = slave
	shown := make(chan string)
	go func() {
		text, _ := io.ReadAll(master)
		shown <- string(text)
	}()
	o := finish(t, c)
	slave.Close()
	text := <-shown
	if o.code != 0 || len(o.comparison(t).Arms) != 3 {
		t.Fatalf("found %+v", o)
	}
	for _, want := range []string{"0/6 trials", "5/6 trials  best ", " left ", "trial 3 of 6  small-1  "} {
		if !strings.Contains(text, want) {
			t.Errorf("found no %q in %q", want, text)
		}
	}
	if other := mustRun(t, "compare", file).stderr; strings.ContainsAny(other, "\r\x1b") || strings.Count(other, "\n") != 6 || !strings.Contains(other, "\ntrial 6 of 6  ") {
		t.Errorf("found %q, expected six lines", other)
	}
}

// A terminal gets a bar beside the lines; anything else, lines alone. Neither gets into stdout.
func TestBarOnATerminalOnly(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	args := []string{"train", file, "--set", "data.batch_size=1", "--json", "--out"}
	o := mustRun(t, append(args, filepath.Join(t.TempDir(), "run"))...)
	if strings.ContainsAny(o.stderr, "\r\x1b") || strings.Count(o.stderr, "\n") != 5 || strings.Count(o.stdout, "\n") != 1 {
		t.Errorf("found %+v, expected five lines of progress and one of JSON", o)
	}

	master, slave := terminal(t)
	c := command(t, append(args, filepath.Join(t.TempDir(), "run"))...)
	c.Stderr = slave
	shown := make(chan string)
	go func() {
		text, _ := io.ReadAll(master) // ends with an error when nobody has the other end any more
		shown <- string(text)
	}()
	o = finish(t, c)
	slave.Close()
	text := <-shown
	if o.code != 0 || o.result(t).Epochs != 5 {
		t.Fatalf("found %+v", o)
	}
	for _, want := range []string{"epoch 1 of 5 ", "(0/64)", "epoch 5 of 5"} {
		if !strings.Contains(text, want) {
			t.Errorf("found no %q in %q", want, text)
		}
	}
}

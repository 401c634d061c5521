package cli_test

import (
	"bytes"
	"regexp"
	"testing"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/cli"
)

// broken is an output with a bug.
type broken struct{}

func (broken) Write(p []byte) (int, error) { return int(p[len(p)]), nil }

// A bug of the program is one line like every error, with the place for a report; never a stack.
func TestPanic(t *testing.T) {
	var stderr bytes.Buffer
	if code := cli.Main(t.Context(), []string{"version"}, nil, broken{}, &stderr, nil); code != 1 {
		t.Errorf("found exit code %d, expected 1", code)
	}
	want := regexp.MustCompile(`^gruexp: cli_test.go:\d+: a fault of gruexp itself; please report it: panic: runtime error: index out of range \[\d+\] with length \d+\n$`)
	if !want.MatchString(stderr.String()) {
		t.Errorf("found %q, expected %s", stderr.String(), want)
	}
}

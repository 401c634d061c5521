package fault_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/gruexp/gruexp/graph/fault"
)

func TestTextOfAFault(t *testing.T) {
	for _, test := range []struct {
		fault fault.Fault
		want  string
	}{
		{fault.Fault{Found: "3", Expected: "2"}, "configuration: found 3, expected 2"},
		{fault.Fault{Path: "solver.name", Found: `"x"`, Expected: "adam"}, `solver.name: found "x", expected adam`},
		{fault.Fault{Where: "a.yaml", Line: 3, Path: "seed", What: "wrong value of seed", Found: "-1", Expected: "0 or more"},
			"a.yaml:3: wrong value of seed (found -1, expected 0 or more)"},
		{fault.Fault{Where: "a.csv", What: "no such file"}, "a.csv: no such file"},
		{fault.Fault{Where: "a.csv", What: "two\nlines", Expected: "one"}, `a.csv: two\nlines (expected one)`},
	} {
		if got := test.fault.Error(); got != test.want {
			t.Errorf("found %q, expected %q", got, test.want)
		}
	}
}

func TestPathsAndCauses(t *testing.T) {
	inner := fault.List{{Found: "1", Expected: "2"}, {Path: "b", Found: "1", Expected: "2", Cause: fs.ErrNotExist}}
	var l fault.List
	l.Check(true, "fine", 1, "1")
	l.Under("a", inner)
	err := l.Err()
	if want := "a: found 1, expected 2; a.b: found 1, expected 2"; err.Error() != want {
		t.Errorf("found %q, expected %q", err, want)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error("the cause of a fault in a list is not found by errors.Is")
	}
	var one fault.Fault
	if !errors.As(err, &one) || one.Path != "a" {
		t.Errorf("errors.As found %+v, expected the first fault", one)
	}
	if fault.List(nil).Err() != nil {
		t.Error("the empty list is an error")
	}
}

func TestIn(t *testing.T) {
	inner := fault.List{{Where: "npy", What: "damaged file: data", Cause: fs.ErrInvalid}, {Where: "npy", What: "too long"}}
	err := fault.In("a.npy", fmt.Errorf("read: %w", inner.Err()))
	if want := "a.npy: damaged file: data; a.npy: too long"; err.Error() != want {
		t.Errorf("found %q, expected %q", err, want)
	}
	if !errors.Is(err, fs.ErrInvalid) || inner[0].Where != "npy" {
		t.Errorf("found the cause lost or the faults changed: %v, %+v", err, inner)
	}
	if err := fault.In("a.npy", fs.ErrNotExist); err.Error() != "a.npy: file does not exist" || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("found %v, expected the error with the file", err)
	}
	if err := fault.In("a.npy", nil); err != nil {
		t.Errorf("found %v, expected nil", err)
	}
}

package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/gruexp/gruexp/cmd/gruexp/app"
)

// runAndMeasure is gruexp; it writes the most memory that the process had, in KiB, to a file.
func runAndMeasure(file string) int {
	code := app.Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr, app.Extensions{})
	if err := os.WriteFile(file, []byte(strconv.Itoa(peak())), 0o644); err != nil {
		panic(err)
	}
	return code
}

// runEach is gruexp for every call of a list in a file; it prints what each left.
func runEach(list string) int {
	text, err := os.ReadFile(list)
	if err != nil {
		panic(err)
	}
	var calls [][]string
	if err := json.Unmarshal(text, &calls); err != nil {
		panic(err)
	}
	var measured []measuredCall
	for _, args := range calls {
		debug.FreeOSMemory()
		if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil { // from here on is the peak
			panic(err)
		}
		var stdout, stderr bytes.Buffer
		code := app.Run(context.Background(), args, strings.NewReader(""), &stdout, &stderr, app.Extensions{})
		measured = append(measured, measuredCall{code, stdout.String(), stderr.String(), peak()})
	}
	if err := json.NewEncoder(os.Stdout).Encode(measured); err != nil {
		panic(err)
	}
	return 0
}

// peak is the most memory that this process had, in KiB.
func peak() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	found, err := strconv.Atoi(string(regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)[1]))
	if err != nil {
		panic(err)
	}
	return found
}

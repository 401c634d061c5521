package main_test

import (
	"context"
	"os"
	"regexp"

	"github.com/gruexp/gruexp/cmd/gruexp/app"
)

// runAndMeasure is gruexp; it writes the most memory that the process had, in KiB, to a file.
func runAndMeasure(file string) int {
	code := app.Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr, app.Extensions{})
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	peak := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if err := os.WriteFile(file, peak[1], 0o644); err != nil {
		panic(err)
	}
	return code
}

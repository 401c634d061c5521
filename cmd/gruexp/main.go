// Gruexp trains gated recurrent units on sequence data and says which training strategy wins.
//
//	gruexp train                  the default experiment, on data that needs no file
//	gruexp train my.yaml          an experiment of one's own
//	gruexp help                   everything else
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/cli"
)

func main() {
	// A run goes on when nobody reads its progress any more: writing to a closed pipe is an error, not the end.
	signal.Ignore(syscall.SIGPIPE)
	asks := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup
		asks = append(asks, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), asks...)
	context.AfterFunc(ctx, stop) // the first signal asks for a checkpoint, a second one ends the process
	os.Exit(cli.Main(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// Package app is gruexp as a package: your own program adds cells, layers, losses, solvers, schedules, metrics or data
// sets, and has every verb of gruexp.
//
//	func main() {
//		app.Main(app.Extensions{ /* the additions, by the names that configurations use */ })
//	}
//
// compare, tune and worker start further processes of the running program, so the additions are there too.
package app

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/cli"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// Extensions are what a program adds to gruexp, by the names that configurations use. The zero value adds nothing.
type Extensions = experiment.Extensions

// Main runs the command line of the process, and exits with its code. The first Ctrl-C or SIGTERM asks for a checkpoint, the
// second ends the process.
func Main(extensions Extensions) {
	// Training continues when nobody reads its progress any more: writing to a closed pipe is an error, not the end.
	signal.Ignore(syscall.SIGPIPE)
	stops := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup
		stops = append(stops, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), stops...)
	context.AfterFunc(ctx, stop)
	os.Exit(Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, extensions))
}

// Run runs one command line in this process and returns its exit code: 0 done, 1 the work failed, 2 the request was wrong. The end
// of the context interrupts it as Ctrl-C does.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, extensions Extensions) int {
	return cli.Main(ctx, args, stdin, stdout, stderr, &extensions)
}

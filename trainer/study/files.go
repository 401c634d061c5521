package study

import "context"

// Files are kept by stores whose workers share no directory: what a trial needs, and what came of it. Names are paths below the directory
// of the study, with slashes. They are optional: a store that has them implements Files.
type Files interface {
	// WriteFiles replaces files and removes others, all or none of them. Trial is the one of this worker that they belong to: the error is
	// ErrNotMine where it has lost it. 0: they belong to the study.
	WriteFiles(ctx context.Context, trial int64, files map[string][]byte, remove []string) error
	// ReadFiles calls each with the content of every file whose name begins with prefix, by name.
	ReadFiles(ctx context.Context, prefix string, each func(name string, content []byte) error) error
	// Kernels is the instruction set whose bits the study has: own where nobody has asked before.
	Kernels(ctx context.Context, own string) (string, error)
}

package study

import (
	"context"
	"errors"
)

// Sentinels of stores.
var (
	// ErrOtherStudy says that a store holds another study than the one asked for.
	ErrOtherStudy = errors.New("another study")
	// ErrNotMine says that a trial is not being carried out by this worker, or has ended.
	ErrNotMine = errors.New("the trial is not this worker's")
)

// Definition says which study a store holds.
type Definition struct {
	Kind        string // of study, as "compare"
	Fingerprint string // two studies with the same one are the same
	Text        []byte // what another process needs to take part
}

// Store is the record of one study. Several processes may use it at once, each through its own Store; a Store may be
// used by several goroutines. Every method is atomic and durable: what it did lasts even if the process is killed right
// after.
type Store interface {
	// Begin makes the study of an empty store; of one that holds the same study it does nothing. The error is
	// ErrOtherStudy for any other.
	Begin(ctx context.Context, d Definition) error
	// Definition is what Begin was given.
	Definition(ctx context.Context) (Definition, error)

	// Add adds those of the trials that are not there, by name.
	Add(ctx context.Context, trials []Trial) error
	// Trials lists all, in the order of their IDs.
	Trials(ctx context.Context) ([]Trial, error)

	// View calls look with what is known of all trials, brought up to date when look first asks for it. It is valid during the call.
	View(ctx context.Context, look func(*View)) error

	// Claim makes one trial this worker's: one that is waiting, one whose worker is dead, or else the one that propose
	// makes of all trials, which it may read during the call. Propose may be nil, and give nil. Where there is none, trial is nil,
	// and busy says that other workers still have some, which may die.
	Claim(ctx context.Context, propose func([]Trial) *Trial) (trial *Trial, busy bool, err error)
	// Hold is a context for carrying out a trial of this worker. It ends with ctx, and with the cause ErrNotMine when the worker has
	// lost the trial to others. Release the context when the trial has ended.
	Hold(ctx context.Context, id int64) (held context.Context, release context.CancelFunc)
	// Report notes the value of a trial of this worker after an epoch. A second report of an epoch replaces the first.
	Report(ctx context.Context, id int64, p Point) error
	// Finish records what became of a trial of this worker. The error is ErrNotMine for any other trial, so that each is
	// recorded once.
	Finish(ctx context.Context, t *Trial) error
	// Release makes a trial of this worker wait again.
	Release(ctx context.Context, id int64) error
	// Retry makes all failed trials wait again and says how many.
	Retry(ctx context.Context) (int, error)

	// Look counts how often the test part was looked at, this time included.
	Look(ctx context.Context) (int, error)
	Close() error
}

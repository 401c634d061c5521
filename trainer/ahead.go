package trainer

import (
	"slices"

	"github.com/gruexp/gruexp/trainer/data"
)

// ahead lays a batch out on a goroutine while the batch before it is run. There is one at a time.
type ahead struct {
	source  *source
	indices []int
	batch   data.Batch
	done    chan error // nil: there is none
}

func (a *ahead) begin(s *source, indices []int, lay func(*data.Batch, *source, []int) error) {
	done := make(chan error, 1)
	a.source, a.indices, a.done = s, indices, done
	go func() { done <- lay(&a.batch, s, indices) }()
}

// take waits for the batch under way and, if it is the one that is asked for, swaps it with b. What came of another does not matter.
func (a *ahead) take(b *data.Batch, s *source, indices []int) (found bool, err error) {
	if a.done == nil {
		return false, nil
	}
	err = <-a.done
	a.done = nil
	if a.source != s || !slices.Equal(a.indices, indices) {
		return false, nil
	}
	*b, a.batch = a.batch, *b
	return true, err
}

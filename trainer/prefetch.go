package trainer

import (
	"slices"

	"github.com/gruexp/gruexp/trainer/data"
)

// prefetcher fills the next batch on a goroutine while the current one is run. It fills one batch at a time.
type prefetcher struct {
	source  *source
	indices []int
	batch   data.Batch
	done    chan error // nil: no batch is being filled
}

func (p *prefetcher) begin(s *source, indices []int, fill func(*data.Batch, *source, []int) error) {
	done := make(chan error, 1)
	p.source, p.indices, p.done = s, indices, done
	go func() { done <- fill(&p.batch, s, indices) }()
}

// take waits for the prefetched batch and swaps it with b if it is the requested one. Another batch is dropped, with its error.
func (p *prefetcher) take(b *data.Batch, s *source, indices []int) (found bool, err error) {
	if p.done == nil {
		return false, nil
	}
	err = <-p.done
	p.done = nil
	if p.source != s || !slices.Equal(p.indices, indices) {
		return false, nil
	}
	*b, p.batch = p.batch, *b
	return true, err
}

package data

// tokenSeries is one long series of tokens in which the next is to be predicted. It is cut into as many rows of equal
// length as there are sequences in a batch, so that they can be gone through side by side, and a row into windows: of
// n tokens each of the n−1 that follow another is the target of one step.
type TokenSeries struct {
	spec    Spec
	Tokens  []int
	windows []Series // of the steps' tokens; the target of each is the token after it
}

// newTokenSeries cuts rows, 0 or fewer being one, into windows of at most that many steps; 0 leaves the rows whole.
func NewTokenSeries(spec Spec, tokens []int, rows, window int) *TokenSeries {
	d := &TokenSeries{spec: spec, Tokens: tokens}
	steps := len(tokens) - 1
	rows = min(max(rows, 1), steps)
	for row := range rows {
		lo, hi := row*steps/rows, (row+1)*steps/rows
		length := hi - lo
		if window > 0 {
			length = window
		}
		for ; lo < hi; lo += length {
			d.windows = append(d.windows, Series{lo, min(lo+length, hi)})
		}
	}
	return d
}

func (d *TokenSeries) Spec() Spec { return d.spec }

func (d *TokenSeries) Len() int { return len(d.windows) }

func (d *TokenSeries) Steps(i int) int { return d.windows[i].Hi - d.windows[i].Lo }

func (d *TokenSeries) Fill(b *Batch, indices []int) error {
	if err := b.Prepare(d, indices); err != nil {
		return err
	}
	for column, i := range indices {
		w := d.windows[i]
		for t := range w.Hi - w.Lo {
			at := t*b.Size + column
			b.Tokens[at], b.Labels[at] = d.Tokens[w.Lo+t], d.Tokens[w.Lo+t+1]
			b.Mask[at], b.Weights[at] = 1, 1
		}
	}
	return nil
}

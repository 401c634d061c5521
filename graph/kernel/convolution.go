package kernel

// ConvolutionShape is the sizes of a convolution over time.
type ConvolutionShape struct {
	Steps, Batch, Inputs int // x [T,B,D]
	Filters              int // y [T',B,F]
	Size                 int // K, steps that a filter sees
	Strides              int // steps from one output to the next
	Dilation             int // steps from one that a filter sees to the next
	Causal               bool
}

// Outputs is T' = ⌈T/Strides⌉.
func (s ConvolutionShape) Outputs() int { return ceil(s.Steps, s.Strides) }

// before is how many steps a filter sees before that of its output.
func (s ConvolutionShape) before() int {
	span := (s.Size - 1) * s.Dilation
	if s.Causal {
		return span
	}
	return span / 2
}

// Convolution is the convolution of sequences with filters, with what its forward pass saves for the gradients. The step of
// an output t' of a sequence is
//
//	t = Strides·t' + first mod Strides
//
// where first is its first step with a mask [T,B] that is not 0 (nil: all ones): padding in front moves the outputs and
// does not change them.
type Convolution[F Float] struct {
	columns  []F   // [T'·B,K·D] what each output sees
	dColumns []F   // their gradient
	phase    []int // [B]
}

// Forward writes y [T',B,F] for filters w [K,D,F] and b [F],
//
//	y[t'] = b + Σ_k x[t + Dilation·k − before]·w[k]
//
// where before is (K−1)·Dilation of a causal convolution, which does not see later steps, and else half of that, rounded
// down. Steps outside of the sequence and steps that the mask does not count are 0.
func (c *Convolution[F]) Forward(p *Pool, s ConvolutionShape, x, mask, w, b, y []F) {
	c.phase = resize(c.phase, s.Batch)
	for i := range c.phase {
		c.phase[i] = phaseOf(s, i, mask)
	}
	rows, seen := s.Outputs()*s.Batch, s.Size*s.Inputs
	c.columns = resize(c.columns, rows*seen)
	p.Split(rows, rowGrain(seen), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			out := row(c.columns, i, seen)
			first := i/s.Batch*s.Strides + c.phase[i%s.Batch] - s.before()
			for k := range s.Size {
				t := first + k*s.Dilation
				if at := t*s.Batch + i%s.Batch; t >= 0 && t < s.Steps && present(mask, at) {
					copy(row(out, k, s.Inputs), row(x, at, s.Inputs))
				} else {
					clear(row(out, k, s.Inputs))
				}
			}
		}
	})
	Affine(p, rows, seen, s.Filters, c.columns, w, b, y)
}

// KernelGradient is the gradient of the last Forward with respect to w.
func (c *Convolution[F]) KernelGradient(p *Pool, s ConvolutionShape, dY, dW []F) {
	rows, seen := s.Outputs()*s.Batch, s.Size*s.Inputs
	Product(p, true, false, seen, s.Filters, rows, c.columns, seen, dY, s.Filters, false, dW, s.Filters)
}

// InputGradient is the gradient of the last Forward with respect to x.
func (c *Convolution[F]) InputGradient(p *Pool, s ConvolutionShape, mask, w, dY, dX []F) {
	rows, seen := s.Outputs()*s.Batch, s.Size*s.Inputs
	c.dColumns = resize(c.dColumns, rows*seen)
	Product(p, false, true, rows, seen, s.Filters, dY, s.Filters, w, s.Filters, false, c.dColumns, seen)
	loops := loopsOf[F](p)
	p.Split(s.Steps*s.Batch, rowGrain(seen), func(lo, hi int) {
		for at := lo; at < hi; at++ {
			out := row(dX, at, s.Inputs)
			clear(out)
			if !present(mask, at) {
				continue
			}
			t, b := at/s.Batch, at%s.Batch
			for k := range s.Size {
				ahead := t + s.before() - k*s.Dilation - c.phase[b] // Strides·t' of the output that sees this step by w[k]
				if output := ahead / s.Strides; ahead >= 0 && ahead%s.Strides == 0 && output < s.Outputs() {
					loops.Add(out, out, row(row(c.dColumns, output*s.Batch+b, seen), k, s.Inputs))
				}
			}
		}
	})
}

// ConvolutionMask writes which outputs [T',B] there are: those whose step the mask [T,B] counts.
func ConvolutionMask[F Float](s ConvolutionShape, mask, outputs []F) {
	for b := range s.Batch {
		phase := phaseOf(s, b, mask)
		for i := range s.Outputs() {
			outputs[i*s.Batch+b] = 0
			if t := i*s.Strides + phase; t < s.Steps && mask[t*s.Batch+b] != 0 {
				outputs[i*s.Batch+b] = 1
			}
		}
	}
}

// phaseOf is the first step of sequence b that counts, modulo the strides.
func phaseOf[F Float](s ConvolutionShape, b int, mask []F) int {
	return max(0, lastStep(s.Steps, s.Batch, b, true, mask)) % s.Strides
}

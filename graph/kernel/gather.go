package kernel

// OutsideRange returns the position of the first of ids that is not in [0,n), or -1 if all are.
func OutsideRange(ids []int, n int) int {
	for i, id := range ids {
		if id < 0 || id >= n {
			return i
		}
	}
	return -1
}

// Gather copies rows of the table [V,width]: rows[i] = table[ids[i]]. If keep is not nil and keep[i] is 0, row 0 is
// taken instead. Every id must be in [0,V).
func Gather[F Float](p *Pool, width int, table []F, ids []int, keep, rows []F) {
	p.Split(len(ids), vectorRowGrain(width), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			id := ids[i]
			if keep != nil && keep[i] == 0 {
				id = 0
			}
			copy(rows[i*width:(i+1)*width], table[id*width:(id+1)*width])
		}
	})
}

// ScatterAdd is the gradient of [Gather]: table[ids[i]] += rows[i], row 0 if keep is not nil and keep[i] is 0. Only
// rows that are named change, so a caller that wants the gradient alone clears the table first. Each element is summed
// in the order of ids.
func ScatterAdd[F Float](p *Pool, width int, ids []int, keep, rows, table []F) {
	loops := loopsOf[F](p)
	p.Split(width, 1+elementGrain/max(1, len(ids)), func(lo, hi int) {
		for i, id := range ids {
			if keep != nil && keep[i] == 0 {
				id = 0
			}
			sum := table[id*width+lo : id*width+hi]
			loops.Add(sum, sum, rows[i*width+lo:])
		}
	})
}

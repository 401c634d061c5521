package simd

// Tile is a tile of a product: Rows×Cols elements of To are set to those of From plus the product over K ≥ 1 of Left and
// Right. Each sum starts with From and runs in the order of k.
type Tile[F Float] struct {
	K, Rows, Cols int
	// Element i, l of the left factor is Left[i·RowStride+l·StepStride].
	Left                  []F
	RowStride, StepStride int
	// The right factor, K rows. Cols elements of each, rounded up to a multiple of Lanes, are read.
	Right Lines[F]
	// From and To may be the same.
	From, To Lines[F]
	// Memory that will be needed soon: the first cache line of each of K rows is fetched into the cache, and not read.
	Prefetch Lines[F]
}

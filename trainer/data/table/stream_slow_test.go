//go:build unix && slow

package table

import "testing"

func TestLargeStreamKeepsLittle(t *testing.T) { streamWithin(t, 25000, 16<<20) }

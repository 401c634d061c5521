//go:build unix && slow

package data

import "testing"

func TestLargeStreamKeepsLittle(t *testing.T) { streamWithin(t, 25000, 16<<20) }

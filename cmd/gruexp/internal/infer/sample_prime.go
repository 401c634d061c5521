package infer

import (
	"fmt"
	"io"
	"os"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
)

// maxPrime bounds the file that sequences begin with.
const maxPrime = 1 << 20

func readPrime(path string) ([]byte, error) {
	refuse := func(found string) error {
		return fault.Fault{Where: path, What: "cannot be read", Found: found, Expected: fmt.Sprintf("a file of at most %d bytes", maxPrime)}.Err()
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, refuse(usererr.Reason(err))
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxPrime+1))
	switch {
	case err != nil:
		return nil, refuse(usererr.Reason(err))
	case len(content) > maxPrime:
		return nil, refuse("more")
	}
	return content, nil
}

// lengths is the number of steps of each sequence.
func lengths[S any](sequences [][]S) []int {
	n := make([]int, len(sequences))
	for i, s := range sequences {
		n[i] = len(s)
	}
	return n
}

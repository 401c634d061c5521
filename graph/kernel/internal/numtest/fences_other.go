//go:build !unix

package numtest

import "testing"

// fences returns memory for n values; without the system calls that fence it in, a stray access goes unnoticed here.
func fences[F Float](t *testing.T, n int) (first, last []F) {
	all := make([]F, 2*n)
	return all[:n:n], all[n:]
}

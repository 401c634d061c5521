//go:build unix

package numtest

import (
	"syscall"
	"testing"
	"unsafe"
)

// fences returns memory for n values between two pages that must not be touched: a slice that starts right after the
// first, and one that ends right before the second.
func fences[F Float](t *testing.T, n int) (first, last []F) {
	t.Helper()
	page := syscall.Getpagesize()
	size := (n*int(unsafe.Sizeof(F(0))) + page - 1) / page * page
	all, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(all); err != nil {
			t.Error(err)
		}
	})
	for _, fence := range [][]byte{all[:page], all[page+size:]} {
		if err := syscall.Mprotect(fence, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	values := unsafe.Slice((*F)(unsafe.Pointer(&all[page])), size/int(unsafe.Sizeof(F(0))))
	return values[:n:n], values[len(values)-n:]
}

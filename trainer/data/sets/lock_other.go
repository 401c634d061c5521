//go:build !unix

package sets

// lock does nothing: two processes that add files at the same time may lose an entry.
func lock(string) (unlock func(), err error) { return func() {}, nil }

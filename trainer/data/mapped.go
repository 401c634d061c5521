package data

import (
	"runtime"
	"runtime/debug"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
)

// Rows in mapped files are read by the system when the program looks at them. Where it cannot, as on a broken disk, that would end the
// program: GuardMapped makes an error of it. It is deferred with what [debug.SetPanicOnFault] returned, in the goroutine that reads.
//
//	defer data.GuardMapped(debug.SetPanicOnFault(true), path, &err)
func GuardMapped(before bool, path string, err *error) {
	debug.SetPanicOnFault(before)
	cause := recover()
	if cause == nil {
		return
	}
	if _, ok := cause.(interface {
		runtime.Error
		Addr() uintptr
	}); !ok {
		panic(cause)
	}
	*err = errors.WithStack(fault.Fault{
		Kind: fault.Failed, Where: path, What: "a file of data.stream cannot be read; its disk may be full or broken, and TMPDIR names another folder",
	}.Err())
}

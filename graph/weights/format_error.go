package weights

import (
	"fmt"
	"strconv"
)

// FormatError says what is wrong with a file of tensors.
type FormatError struct {
	Format   string // "safetensors", "npy" or "npz"; empty where the fault is not one of the format
	Where    string // the part of the file, as `header` or `tensor "fc.weight"`
	Found    string
	Expected string
}

func (e *FormatError) Error() string {
	text := fmt.Sprintf("%s: found %s, expected %s", e.Where, e.Found, e.Expected)
	if e.Format == "" {
		return text
	}
	return e.Format + ": " + text
}

// maxQuoted bounds what an error repeats of a file: a name in it may be as long as the header.
const maxQuoted = 100

func quote(s string) string {
	if len(s) > maxQuoted {
		return strconv.Quote(s[:maxQuoted]) + "…"
	}
	return strconv.Quote(s)
}

func tensorWhere(name string) string { return "tensor " + quote(name) }

package weights

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gruexp/gruexp/graph/fault"
)

// Names of the formats: the place of a fault if the file has no name.
const (
	formatSafetensors = "safetensors"
	formatNPY         = "npy"
	formatNPZ         = "npz"
)

const damagedFile = "damaged file: "

// Damaged is the error of a binary file whose content is wrong: one [fault.Fault] of the kind [fault.Damaged]. File is its
// path, or the name of its format if there is no path; part is the part of the file that is wrong, as `header` or
// `tensor "fc.weight"`.
func Damaged(file, part, found, expected string) error {
	return fault.Fault{
		Kind: fault.Damaged, Where: file, What: damagedFile + part, Found: found, Expected: expected,
	}.Err()
}

func damaged(part, found, expected string) error {
	return Damaged(formatSafetensors, part, found, expected)
}

func damagedNPY(part, found, expected string) error {
	return Damaged(formatNPY, part, found, expected)
}

func damagedNPZ(part, found, expected string) error {
	return Damaged(formatNPZ, part, found, expected)
}

// partOf is the part of the file that the fault f of [Damaged] names.
func partOf(f fault.Fault) string { return strings.TrimPrefix(f.What, damagedFile) }

// maxQuoted bounds what an error repeats of a file: a name in it may be as long as the header.
const maxQuoted = 100

func quote(s string) string {
	if len(s) > maxQuoted {
		return strconv.Quote(s[:maxQuoted]) + "…"
	}
	return strconv.Quote(s)
}

func tensorPart(name string) string { return "tensor " + quote(name) }

func describeTensor(t Tensor) string { return fmt.Sprintf("%s %v", t.DType(), t.Shape) }

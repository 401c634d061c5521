package usererr

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Nearest is the name at the smallest edit distance from what was given, "" where more than a third of the letters
// would be wrong.
func Nearest(names []string, given string) string {
	const longest = 64 // nobody's slip of a name is longer
	if given == "" || len(given) > longest {
		return ""
	}
	best, distance := "", (len(given)+2)/3+1
	for _, name := range names {
		if d := levenshtein.ComputeDistance(name, given); d < distance {
			best, distance = name, d
		}
	}
	return best
}

// OneOf lists the names that are known and asks for the one that was probably meant.
func OneOf(names []string, given string) string {
	expected := "one of " + strings.Join(names, ", ")
	if meant := Nearest(names, given); meant != "" {
		expected += fmt.Sprintf("; did you mean %q?", meant)
	}
	return expected
}

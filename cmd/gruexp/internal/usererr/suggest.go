package usererr

import "github.com/gruexp/gruexp/trainer/experiment/suggest"

// Nearest is [suggest.Nearest].
func Nearest(names []string, given string) string { return suggest.Nearest(names, given) }

// OneOf is [suggest.OneOf].
func OneOf(names []string, given, where string) string { return suggest.OneOf(names, given, where) }

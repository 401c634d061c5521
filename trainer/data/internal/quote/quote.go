// Package quote shortens what messages repeat of files.
package quote

import (
	"fmt"
	"strings"
)

func List(names []string) string {
	const limit = 20
	text := strings.Join(names[:min(len(names), limit)], ", ")
	if len(names) > limit {
		text += ", …"
	}
	return text
}

// shorten keeps a quoted cell of a damaged file from filling the screen.
func Text(s string) string {
	const limit = 40
	if r := []rune(s); len(r) > limit {
		s = string(r[:limit]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

package data

import (
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// split gives the tokens of a text.
func (u Unit) Split(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if u == UnitCell {
			yield(text)
			return
		}
		for at := 0; at < len(text); {
			end := at + tokenBytes(text[at:], u == UnitWord)
			if token := text[at:end]; (u != UnitWord || strings.TrimSpace(token) != "") && !yield(token) {
				return
			}
			at = end
		}
	}
}

// Tokens is the texts of the tokens that a text is cut into.
func (u Unit) Tokens(text string) []string { return slices.Collect(u.Split(text)) }

// Separator is what stands between tokens where they are written one after the other: nothing between characters, else a
// space.
func (u Unit) Separator() string {
	if u == UnitCharacter || u == "" {
		return ""
	}
	return " "
}

// tokenBytes is the length of the first token of a text: a character, or with words a run of letters.
func tokenBytes(text string, words bool) int {
	first, size := utf8.DecodeRuneInString(text)
	if !words || !inWord(first) {
		return size
	}
	if end := strings.IndexFunc(text, func(r rune) bool { return !inWord(r) }); end >= 0 {
		return end
	}
	return len(text)
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// alphabetOf returns what occurs often enough, sorted, after the empty text for the unknown.
func Alphabet(counts map[string]int, least int) []string {
	alphabet := []string{""}
	for text, count := range counts {
		if count >= least && text != "" {
			alphabet = append(alphabet, text)
		}
	}
	slices.Sort(alphabet)
	return alphabet
}

// tokenIDs numbers an alphabet; a text that is not in it has 0.
func TokenIDs(alphabet []string) map[string]int {
	ids := make(map[string]int, len(alphabet))
	for id, text := range alphabet[min(1, len(alphabet)):] {
		ids[text] = id + 1
	}
	return ids
}

package data

import (
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// split gives the tokens of a text.
func (u Unit) split(text string) iter.Seq[string] {
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
func (u Unit) Tokens(text string) []string { return slices.Collect(u.split(text)) }

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
func alphabetOf(counts map[string]int, least int) []string {
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
func tokenIDs(alphabet []string) map[string]int {
	ids := make(map[string]int, len(alphabet))
	for id, text := range alphabet[min(1, len(alphabet)):] {
		ids[text] = id + 1
	}
	return ids
}

// tokenRecords is a table with a text in each row as one with a row for each token of it. All other columns have the same
// cell at every token. A text without any is one missing token.
type tokenRecords struct {
	records
	column string
	unit   Unit

	position int  // of the column
	named    bool // there is a column sequence
	row      []cell
	line     int
	count    int // of rows
	tokens   []string
	cells    []cell
}

func (r *tokenRecords) header() ([]string, error) {
	names, err := r.records.header()
	if err != nil {
		return nil, err
	}
	r.position, r.named = slices.Index(names, r.column), slices.Contains(names, sequenceColumn)
	if !r.named {
		names = append(slices.Clip(names), sequenceColumn)
	}
	r.cells = make([]cell, len(names))
	return names, nil
}

func (r *tokenRecords) next() ([]cell, int, error) {
	if len(r.tokens) == 0 {
		var err error
		if r.row, r.line, err = r.records.next(); err != nil {
			return nil, 0, err
		}
		r.count++
		if r.position >= 0 { // else the missing column is refused
			r.tokens = r.unit.Tokens(r.row[r.position].String())
		}
		if len(r.tokens) == 0 {
			r.tokens = []string{""}
		}
	}
	copy(r.cells, r.row)
	if !r.named {
		r.cells[len(r.cells)-1] = cell{kind: numberCell, number: float64(r.count - 1)}
	}
	if r.position >= 0 {
		r.cells[r.position] = cell{text: r.tokens[0]}
		if r.tokens[0] == "" {
			r.cells[r.position] = cell{kind: nullCell}
		}
	}
	r.tokens = r.tokens[1:]
	return r.cells, r.line, nil
}

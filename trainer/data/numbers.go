package data

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Notation is how the numbers of a table are written. The zero value has a point before the decimals and nothing between thousands.
type Notation struct {
	Decimal   string `json:"decimal,omitempty"`   // before the decimals: "." or ","; empty: "."
	Thousands string `json:"thousands,omitempty"` // between groups of three digits: ",", ".", "'" or " "; empty: nothing
}

func (n Notation) point() string {
	if n.Decimal == "" {
		return "."
	}
	return n.Decimal
}

var errNoNumber = errors.New("no number")

// ParseNumber reads a decimal number with or without an exponent: no other base, no digits in groups, no name of a number.
func ParseNumber(text string) (float64, error) {
	for _, c := range []byte(text) {
		if (c < '0' || c > '9') && !strings.ContainsRune("+-.eE", rune(c)) {
			return 0, errNoNumber
		}
	}
	return strconv.ParseFloat(text, 64)
}

// parse reads a number in this notation.
func (n Notation) parse(text string) (float64, error) {
	if n == (Notation{}) {
		return ParseNumber(text)
	}
	switch n.Thousands { // characters that look alike are meant alike
	case " ", "\u00a0":
		text = strings.NewReplacer("\u00a0", n.Thousands, "\u202f", n.Thousands, "\u2009", n.Thousands, " ", n.Thousands).Replace(text)
	case "'":
		text = strings.ReplaceAll(text, "’", "'")
	}
	whole, decimals, found := strings.Cut(text, n.point())
	if n.Thousands != "" && strings.Contains(whole, n.Thousands) {
		sign := ""
		if strings.HasPrefix(whole, "-") || strings.HasPrefix(whole, "+") {
			sign, whole = whole[:1], whole[1:]
		}
		groups := strings.Split(whole, n.Thousands)
		for i, group := range groups {
			if len(group) != 3 && (i > 0 || len(group) == 0 || len(group) > 3) || strings.Trim(group, "0123456789") != "" {
				return 0, errNoNumber
			}
		}
		whole = sign + strings.Join(groups, "")
	}
	if found {
		whole += "." + decimals
	} else if strings.Contains(whole, ".") {
		return 0, errNoNumber
	}
	return ParseNumber(whole)
}

// notations are those that a text may have been written in, the usual one first.
func notations() []Notation {
	return []Notation{
		{}, {Decimal: ","}, {Thousands: ","}, {Decimal: ",", Thousands: "."}, {Thousands: "'"}, {Thousands: " "}, {Decimal: ",", Thousands: " "}, {Decimal: ",", Thousands: "'"},
	}
}

// readings says as which numbers a text can be read that is none in the present notation, with the keys that ask for it. It is empty
// where there is no such reading.
func readings(text string, present Notation) string {
	var all []string
	seen := map[float64]bool{}
	for _, n := range notations() {
		x, err := n.parse(text)
		if err != nil || n == present || seen[x] {
			continue
		}
		seen[x] = true
		var keys []string
		if n.Decimal != "" {
			keys = append(keys, fmt.Sprintf("table.decimal: %q", n.Decimal))
		}
		if n.Thousands != "" {
			keys = append(keys, fmt.Sprintf("table.thousands: %q", n.Thousands))
		}
		if keys == nil {
			keys = []string{"neither table.decimal nor table.thousands"}
		}
		all = append(all, fmt.Sprintf("%s with %s", strconv.FormatFloat(x, 'f', -1, 64), strings.Join(keys, " and ")))
	}
	return strings.Join(all, ", or ")
}

// markers are the cells that mean missing: texts, and numbers however they are written.
type markers struct {
	texts   []string
	numbers []marker
}

// marker is a number that means missing, and its text.
type marker struct {
	number float64
	text   string
}

func newMarkers(texts []string) markers {
	m := markers{texts: texts}
	for _, text := range texts {
		if x, err := ParseNumber(text); err == nil {
			m.numbers = append(m.numbers, marker{x, text})
		}
	}
	return m
}

// text says whether a text means missing.
func (m markers) text(text string) bool { return slices.Contains(m.texts, text) }

// number says whether the number x of a cell means missing. One of 32 bits is a marker that is rounded to these, and one above 2^53 has to have
// all of the marker's digits.
func (m markers) number(x float64, c Cell) bool {
	return math.IsNaN(x) || slices.ContainsFunc(m.numbers, func(marker marker) bool {
		if c.Single && float32(x) == float32(marker.number) {
			return true
		}
		return x == marker.number && (math.Abs(x) <= maxExact || !whole(c.Text) || !whole(marker.text) || c.Text == marker.text)
	})
}

// orMissing is a number, NaN where it means missing.
func (m markers) orMissing(x float64, single bool) float64 {
	if m.number(x, Cell{Single: single}) {
		return math.NaN()
	}
	return x
}

// whole says whether a text is a whole number as it is written, without a sign that could be left out.
func whole(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	return digits != "" && digits[0] != '0' && strings.Trim(digits, "0123456789") == ""
}

package table

import (
	"strconv"
	"strings"
)

// CSVRow is a row with every cell as [CSVCell].
func CSVRow(row []string) []string {
	safe := make([]string, len(row))
	for i, text := range row {
		safe[i] = CSVCell(text)
	}
	return safe
}

// CSVRows are rows with every cell as [CSVCell].
func CSVRows(rows [][]string) [][]string {
	safe := make([][]string, len(rows))
	for i, row := range rows {
		safe[i] = CSVRow(row)
	}
	return safe
}

// CSVCell is a text for a cell of a CSV file. Programs for tables would take one that begins with =, +, -, @ or a control
// character for a formula, unless it is a number; an apostrophe in front keeps it a text.
func CSVCell(text string) string {
	if text == "" || !strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return text
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return text
	}
	return "'" + text
}

package data

import (
	"cmp"
	"path/filepath"
	"strings"
)

// CSVConfig names the files and the columns. Either Path is set, and the file is split, or Train and Test. The format
// follows from the ending: .csv, .tsv, .jsonl, .npy, .npz or .parquet, perhaps with .gz behind it.
type TableConfig struct {
	Path  string `yaml:"path,omitempty"`
	Train string `yaml:"train,omitempty"`
	Valid string `yaml:"valid,omitempty"` // left out: a fraction of Train, see [SplitConfig]
	Test  string `yaml:"test,omitempty"`

	Sequence string   `yaml:"sequence,omitempty"` // groups rows into sequences; left out: one long series
	Time     string   `yaml:"time,omitempty"`     // orders the rows of a sequence: numbers or dates; left out: file order
	Group    string   `yaml:"group,omitempty"`    // groups sequences for a split by group
	Inputs   []string `yaml:"inputs,omitempty"`   // left out: every other numeric column, and a forecast's target
	Target   string   `yaml:"target,omitempty"`   // the sequence's class or number; with the task label the class of each row

	Decimal   string `yaml:"decimal,omitempty"`   // what is before the decimals of numbers that are texts: . or ,; default .
	Thousands string `yaml:"thousands,omitempty"` // what is between groups of three digits: , . ' or a space; default: nothing

	Steps      []string      `yaml:"steps,omitempty"`      // patterns as x_*: a row is a sequence, the columns x_1, x_2, … its steps
	Tokens     *TokensConfig `yaml:"tokens,omitempty"`     // the one input is tokens, for an embedding
	Categories []string      `yaml:"categories,omitempty"` // columns of texts: an input for each text of the training part, 1 where it stands
	// ScaleCategories is whether these inputs are scaled as all others are; default: true, but false beside a layer category_embedding,
	// which reads 0 and 1.
	ScaleCategories *bool      `yaml:"scale_categories,omitempty"`
	Calendar        []Calendar `yaml:"calendar,omitempty"`    // inputs from the date in time: hour, weekday, month, season, each as sine and cosine
	Lags            []int      `yaml:"lags,omitempty"`        // inputs of numbers again, as they were so many rows before
	Differences     []int      `yaml:"differences,omitempty"` // inputs of numbers again, less what they were so many rows before
}

// Unit is what a token of a text is.
type Unit string

// The units.
const (
	UnitCharacter Unit = "character"
	UnitWord      Unit = "word" // a run of letters, digits and marks, or another character that is no space
	UnitCell      Unit = "cell" // the whole cell: a row is a step
)

// TokensConfig makes tokens of a column. Their ids are those of what occurs in the training part, in order; 0 is for all
// others, an empty text among them.
type TokensConfig struct {
	Column string `yaml:"column"` // of texts
	// Unit is character, word or cell; default cell. With the first two a row is a sequence, of the tokens of its cell.
	Unit Unit `yaml:"unit"`
	// MinCount is how often a token is in the training part at least; a rarer one is unknown. Default 1.
	MinCount int `yaml:"min_count"`
}

// TextConfig is one long text, in UTF-8, of which the next token is to be predicted. Either Path is set, and the text is
// split by the fractions of [SplitConfig], the end for the test, or Train and Test.
type TextConfig struct {
	Path  string `yaml:"path,omitempty"`  // the whole text, of which the end validates and tests
	Train string `yaml:"train,omitempty"` // a text to train on, instead of path
	Valid string `yaml:"valid,omitempty"` // left out: a fraction of Train
	Test  string `yaml:"test,omitempty"`  // a text to test on, with train

	Unit     Unit `yaml:"unit"`      // character or word; default character
	MinCount int  `yaml:"min_count"` // how often a token is in the training part at least; a rarer one is unknown; default 1
}

func (c TableConfig) withDefaults() TableConfig {
	if c.Tokens != nil {
		tokens := *c.Tokens
		tokens.Unit, tokens.MinCount = cmp.Or(tokens.Unit, UnitCell), cmp.Or(tokens.MinCount, 1)
		c.Tokens = &tokens
	}
	return c
}

func (c TextConfig) withDefaults() TextConfig {
	c.Unit, c.MinCount = cmp.Or(c.Unit, UnitCharacter), cmp.Or(c.MinCount, 1)
	return c
}

// sequences says whether the files know their sequences: no column is needed to group rows.
func (c *TableConfig) HasSequences() bool {
	ownRows := c.Steps != nil || c.Tokens != nil && c.Tokens.Unit != UnitCell
	return ownRows || HoldsSequences(cmp.Or(c.Path, c.Train))
}

// HoldsSequences says whether a line or an array of a file of this name is a whole sequence, as its ending tells.
func HoldsSequences(path string) bool {
	switch filepath.Ext(strings.TrimSuffix(strings.ToLower(path), ".gz")) {
	case ".jsonl", ".ndjson", ".npy", ".npz":
		return true
	default:
		return false
	}
}

func (c *TableConfig) notation() Notation {
	n := Notation{Decimal: c.Decimal, Thousands: c.Thousands}
	if n.Decimal == "." {
		n.Decimal = ""
	}
	return n
}

package files

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/table"
	"github.com/gruexp/gruexp/trainer/predict"
)

// translations are what a model with a decoder writes for sequences.
type translations struct {
	names []string // of the sequences, nil where they have none
	texts bool     // the tokens have texts
	found []predict.Prediction
}

// WriteNPY writes [U,B].
func (t *translations) WriteNPY(w io.Writer) error {
	if err := checkArray(t.steps(), len(t.found), 1); err != nil {
		return err
	}
	return weights.EncodeNPY(w, t.array())
}

// steps is U: that of the longest, with its end token.
func (t *translations) steps() int {
	steps := 0
	for _, one := range t.found {
		steps = max(steps, len(one.Tokens)+1)
	}
	return steps
}

// array is [U,B], the end token after a translation.
func (t *translations) array() weights.Tensor {
	size, steps := len(t.found), t.steps()
	all := make([]int64, steps*size)
	for i := range all {
		all[i] = data.EndToken
	}
	for b, one := range t.found {
		for u, token := range one.Tokens {
			all[u*size+b] = int64(token)
		}
	}
	return weights.Tensor{Shape: []int{steps, size}, Data: all}
}

// WriteCSV writes a row per sequence: its text, or its tokens where these have none.
func (t *translations) WriteCSV(w io.Writer) error {
	rows := [][]string{{"sequence", "text"}}
	if !t.texts {
		rows[0][1] = "tokens"
	}
	for i, one := range t.found {
		row := []string{strconv.Itoa(i), ""}
		if t.names != nil {
			row[0] = t.names[i]
		}
		if t.texts {
			row[1] = one.Text
		} else {
			row[1] = joined(one.Tokens)
		}
		rows = append(rows, row)
	}
	return errors.Wrap(csv.NewWriter(w).WriteAll(table.CSVRows(rows)), "write CSV")
}

func joined(tokens []int) string {
	texts := make([]string, len(tokens))
	for i, token := range tokens {
		texts[i] = strconv.Itoa(token)
	}
	return strings.Join(texts, " ")
}

// WriteJSONL writes {"sequence": NAME, "outputs": [TOKEN, …], "text": TEXT} in a line.
func (t *translations) WriteJSONL(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for i, one := range t.found {
		line := struct {
			Sequence *string `json:"sequence,omitempty"`
			Outputs  []int   `json:"outputs"`
			Text     *string `json:"text,omitempty"`
		}{Outputs: append([]int{}, one.Tokens...)}
		if t.names != nil {
			line.Sequence = &t.names[i]
		}
		if t.texts {
			line.Text = &one.Text
		}
		if err := encoder.Encode(line); err != nil {
			return errors.Wrap(err, "write JSON")
		}
	}
	return nil
}

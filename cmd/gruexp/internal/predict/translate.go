package predict

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/trainer/atomicfile"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// translations are what a model with a decoder writes for sequences.
type translations struct {
	names  []string // of the sequences, nil where they have none
	tokens [][]int
	texts  []string // nil where the tokens have none
}

// maxTokens bounds a translation of so many steps: a decoder that was hardly trained may find no end.
func maxTokens(steps int) int { return 2*steps + 50 }

// translate lets the model write the most probable token at each step. It runs step by step as it is.
func translate(ctx context.Context, file *experiment.ModelFile, in *data.Sequences) (*translations, error) {
	t := &translations{names: in.Names, tokens: make([][]int, in.Len())}
	var err error
	if isWide(file.Model) {
		err = translateAll[float64](ctx, file.Model, in, t)
	} else {
		err = translateAll[float32](ctx, file.Model, in, t)
	}
	if err == nil && file.Signature.TargetAlphabet != nil {
		for _, tokens := range t.tokens {
			t.texts = append(t.texts, file.Signature.Decode(tokens))
		}
	}
	return t, err
}

func translateAll[F kernel.Float](ctx context.Context, m *layers.Model, in *data.Sequences, t *translations) error {
	translator, err := layers.NewTranslator[F](m, data.StartToken, data.EndToken)
	if err != nil {
		return err
	}
	for i := range t.tokens {
		if err := ctx.Err(); err != nil {
			return err
		}
		steps := 0
		if in.Tokens != nil {
			steps = len(in.Tokens[i])
			err = translator.ReadTokens(in.Tokens[i])
		} else {
			steps = len(in.Inputs[i]) / m.Config().Input.Size
			inputs := make([]F, len(in.Inputs[i]))
			for at, v := range in.Inputs[i] {
				inputs[at] = F(v)
			}
			err = translator.Read(inputs)
		}
		if err != nil {
			return errors.WithMessagef(err, "sequence %d", i)
		}
		written, err := translator.Greedy(maxTokens(steps))
		if err != nil {
			return errors.WithMessagef(err, "sequence %d", i)
		}
		t.tokens[i] = written.Tokens
	}
	return nil
}

// write writes the whole file or none.
func (t *translations) write(path string) error {
	if err := checkArray(path, t.steps(), len(t.tokens), 1); err != nil {
		return err
	}
	err := atomicfile.Write(path, 0o644, func(w io.Writer) error {
		switch filepath.Ext(path) {
		case csvEnding:
			return t.writeCSV(w)
		case jsonlEnding:
			return t.writeJSONL(w)
		default:
			return weights.EncodeNPY(w, t.array())
		}
	})
	return usererr.Output(path, err)
}

// steps is U: that of the longest, with its end token.
func (t *translations) steps() int {
	steps := 0
	for _, tokens := range t.tokens {
		steps = max(steps, len(tokens)+1)
	}
	return steps
}

// array is [U,B], the end token behind a translation.
func (t *translations) array() weights.Tensor {
	size, steps := len(t.tokens), t.steps()
	all := make([]int64, steps*size)
	for i := range all {
		all[i] = data.EndToken
	}
	for b, tokens := range t.tokens {
		for u, token := range tokens {
			all[u*size+b] = int64(token)
		}
	}
	return weights.Tensor{Shape: []int{steps, size}, Data: all}
}

// writeCSV writes a row per sequence: its text, or its tokens where these have none.
func (t *translations) writeCSV(w io.Writer) error {
	rows := [][]string{{"sequence", "text"}}
	if t.texts == nil {
		rows[0][1] = "tokens"
	}
	for i, tokens := range t.tokens {
		row := []string{strconv.Itoa(i), ""}
		if t.names != nil {
			row[0] = t.names[i]
		}
		if t.texts != nil {
			row[1] = t.texts[i]
		} else {
			row[1] = joined(tokens)
		}
		rows = append(rows, row)
	}
	return errors.Wrap(csv.NewWriter(w).WriteAll(rows), "write CSV")
}

func joined(tokens []int) string {
	texts := make([]string, len(tokens))
	for i, token := range tokens {
		texts[i] = strconv.Itoa(token)
	}
	return strings.Join(texts, " ")
}

// writeJSONL writes {"sequence": NAME, "outputs": [TOKEN, …], "text": TEXT} in a line.
func (t *translations) writeJSONL(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for i, tokens := range t.tokens {
		line := struct {
			Sequence *string `json:"sequence,omitempty"`
			Outputs  []int   `json:"outputs"`
			Text     *string `json:"text,omitempty"`
		}{Outputs: append([]int{}, tokens...)}
		if t.names != nil {
			line.Sequence = &t.names[i]
		}
		if t.texts != nil {
			line.Text = &t.texts[i]
		}
		if err := encoder.Encode(line); err != nil {
			return errors.Wrap(err, "write JSON")
		}
	}
	return nil
}

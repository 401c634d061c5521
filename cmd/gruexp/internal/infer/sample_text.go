package infer

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
)

const textEnding = ".txt"

// text is sequences of tokens.
type text struct {
	alphabet []string
	between  string // what stands between two tokens
	tokens   [][]int
	hidden   int // tokens at the beginning that are no part of the text
	draws    []draw
}

// lineBreak is what stands before the text where there is no prime.
const lineBreak = "\n"

func (o SampleOptions) beginText(signature data.Preparation) (sequences, error) {
	s := &text{alphabet: signature.Alphabet, between: signature.Unit.Separator()}
	prime, where := o.Prime, "--prime"
	switch {
	case prime == "":
		prime, s.hidden = lineBreak, 1
		if !slices.Contains(s.alphabet, lineBreak) {
			return nil, fault.Fault{Where: "sample", What: "missing flag", Found: "no --prime", Expected: "--prime TEXT: the model knows no line break to begin after"}.Err()
		}
	case filepath.Ext(prime) == textEnding:
		where = prime
		content, err := readPrime(prime)
		if err != nil {
			return nil, err
		}
		prime = string(content)
	}
	tokens := signature.Encode(prime)
	if len(tokens) == 0 {
		return nil, fault.Fault{Where: where, What: "nothing to begin with", Found: "an empty text", Expected: "a character or more"}.Err()
	}
	if at := slices.Index(tokens, data.UnknownToken); at >= 0 {
		return nil, fault.Fault{
			Where: where, What: fmt.Sprintf("%s %d", cmp.Or(signature.Unit, data.UnitCharacter), at+1), Found: fmt.Sprintf("%q", signature.Unit.Tokens(prime)[at]),
			Expected: fmt.Sprintf("one of those that the model was trained on, %q", strings.Join(s.alphabet, "")),
		}.Err()
	}
	if err := o.checkTotal(o.Count, len(tokens)); err != nil {
		return nil, err
	}
	for i := range o.Count {
		s.tokens = append(s.tokens, slices.Clone(tokens))
		s.draws = append(s.draws, o.draw(i))
	}
	return s, nil
}

func (s *text) lengths() []int             { return lengths(s.tokens) }
func (s *text) token(i, t int) int         { return s.tokens[i][t] }
func (s *text) numbers(int, int) []float64 { return nil }
func (s *text) endings() []string          { return []string{textEnding} }

// extend leaves out the unknown token, which stands for no character.
func (s *text) extend(i int, outputs []float64) {
	const known = data.UnknownToken + 1
	s.tokens[i] = append(s.tokens[i], known+s.draws[i].one(outputs[known:]))
}

func (s *text) write(w io.Writer, i int) error {
	var b strings.Builder
	for at, token := range s.tokens[max(i, 0)][s.hidden:] {
		if at > 0 {
			b.WriteString(s.between)
		}
		b.WriteString(s.alphabet[token])
	}
	_, err := io.WriteString(w, b.String())
	return errors.Wrap(err, "write text")
}

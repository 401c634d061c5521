// Package data is where sequences come from: data sets, batches with masks, splits, scaling and simple baselines.
//
// [Load] turns a [Config] into [Data]: a [Split] into training, validation and test part, what a model must know of
// them ([Spec]), and the [Baseline] results that a model has to beat. A part is a [Dataset]; [Batches] plans in which
// order its sequences are seen and [Dataset].Fill lays a batch out, time-major and padded at the end, in a [Batch] that
// is used again and again.
//
// There are data sets with a name, and tables and texts of the user. [KnownSets] lists the former, with what is
// predicted, how they are divided and what simple methods they are measured against; [Locate] finds their files and a
// [Registry] remembers where they are. Some need no file: languages, and those that are generated.
//
// # languages
//
// In which language is this name of a country or a language written? The 36 classes are the languages of
// golang.org/x/text/language/display in Latin script that have names for at least 450 other languages. Their entries
// are the countries (regions for which IsCountry holds) and the base languages that the package knows. A name that
// occurs in two languages of that package's Latin-script locales, letter for letter, is left out, as nobody could
// tell; 12673 names remain. An entry, so every name of it, belongs to one part: of all codes 80 % train, 10 %
// validate, 10 % test, drawn once from a seed that no setting changes. The characters are the runes that occur at
// least twice in the training part; all others are token 0.
//
// # dates
//
// A date as people write it, in one of 20 styles, is to be written as 2006-01-02. The dates are days from 1900 to 2099, each
// at most once, so that no date of one part is in another; they, their parts and their styles are drawn once from a seed that
// no setting changes. Tokens are characters.
//
// # Music
//
// jsb and nottingham hold sequences of chords, 88 notes on or off. The task is the next chord: inputs are the steps
// 0 … n-2, targets the steps 1 … n-1.
//
// # Text
//
// tinyshakespeare is one series of characters, cut into as many rows as a batch has sequences, and into windows where the
// configuration has one. The task is the next character.
//
// # Tables
//
// A table has named columns and a row per time step, in one of the formats that docs/data.md lists, told by the ending of
// its file's name. Rows of equal [CSVConfig].Sequence are one sequence, ordered by [CSVConfig].Time. Categories, scaling,
// filling and classes are fitted on the training part alone and stand in [TableInputs], which prepares other files the same
// way. The windows of a forecast are views of their series: none is copied before it is needed. japanese-vowels,
// beijing-pm25 and mackey-glass are tables too, however they are stored or made.
//
// With [Config].Stream the rows are in mapped files instead of memory.
//
// # Generated sequences
//
// A sequence of adding, adding-600 and copy is made when a batch wants it, from a random stream that is named by set, part
// and number: such sets take no memory and are the same everywhere.
//
// A file with a fault gives a [*FileError] that says where; a configuration with faults gives all of them at once.
package data

// Package sets has the data sets with a name, and [Load], which loads whatever a [data.Config] describes.
//
// [Builtin] lists the sets, with what is predicted, how they are divided and which simple methods they are compared with. [Locate]
// finds their files and a [Registry] remembers where they are. A program adds sets with [Options].Sources.
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
// # Generated sequences
//
// A sequence of adding, adding-600 and copy is made when a batch needs it, from a random stream that is named by set, part
// and number: such sets take no memory and are the same everywhere.
package sets

// Package yamlconf reads configurations written in YAML strictly and reports everything that is wrong with one at once.
//
// [Parse] turns a file into a [Document], [Document.Set] overrides single values of it, [Document.Decode] fills a
// struct that already holds the defaults and returns every fault: unknown keys, with the key that was probably
// meant, keys given twice, values of the wrong kind. Faults that a Validate method finds later get their file and
// line from [Document.Place]. [Document.RestoreZeros] tells a zero that was written from a value that was left out,
// where a zero field takes its default. [Marshal] writes a configuration out with every value.
//
// Decode knows these types: structs, with fields named by yaml tags and embedded structs inlined; pointers; slices;
// maps with string keys; strings, whole numbers, floating-point numbers and booleans, also of named types; the empty
// interface; and every type that implements [encoding.TextUnmarshaler], whose error must say what was expected. A method
// OneOf() of a struct of pointers makes it a choice: exactly one of its keys must be given, as in the list
// "- gru: {units: 64}". The name alone, as in "- last", chooses it with every option left out.
//
// Null leaves a struct at its defaults and makes a pointer, a slice or a map nil.
//
// Scalars follow the core schema of YAML 1.2: "no" is a string and 010 is ten. Anchors, aliases and merge keys work.
// Tags, directives, keys that are no scalars and several documents in a file are errors, and so is what only
// an attacker writes: files above 1 MiB, nesting deeper than 50, aliases that expand to more than 100,000 values.
package yamlconf

// Package study is many runs for one question: which of these strategies is better, or which hyperparameters are best.
//
// A study is a list of [Trial]s, each one a configuration and the seeds that it is run with. What happened to a trial
// is recorded in a [Store], which several processes may share and which survives the death of any of them: [Worker.Work] takes
// trials from the store, has each carried out and records it exactly once, so that a study that was killed anywhere
// continues where it stopped. [Comparison.Table] makes the table of a comparison of its trials: a mean with an interval for every arm,
// and for every arm a paired difference from the reference with a verdict in words.
//
// What a trial does is the caller's: the package knows no model, no file of a run and no command line. [EachSeed] makes a trial of a
// function, and [NewMemory] is a store for a study within one process. Packages below it:
// trainer/study/search proposes the trials of a search for hyperparameters and ends hopeless ones early;
// trainer/study/sqlite is a store in one file.
//
// # Statistics
//
// Runs of two arms with the same seed form a pair: they share what the seed decides, and the difference within the pair
// is free of it. Intervals are those of a studentized bootstrap ([Interval]): the percentile bootstrap of five runs
// covers the truth in 83 % of the studies where it claims 95 %. Differences are judged after Holm's correction for as
// many comparisons as the study has ([Holm]).
package study

// Package study carries out studies in directories. What a study is, and what its trials come to, is in trainer/experiment/studies; here each
// trial is a process of this very program with its own run directory.
//
//	study.db       the record: an SQLite database, trial by trial
//	arms/          a comparison: the configuration of each arm, for 'gruexp train'
//	base.yaml      a search: what its trials change
//	trials/        a run directory for each trial, what it wrote while it ran, and a lock
//	result.json    what compare or tune printed
//	*.csv          the tables of it
//
// Several processes may work on a directory at once. Whatever is killed, the study continues where it stopped.
package study

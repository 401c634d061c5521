// Package study carries out studies of strategies and searches for hyperparameters: study file in, directory out. Trials
// are runs of this very program in processes of their own, each in a run directory of its own.
//
//	study.db       the record: an SQLite database, trial by trial
//	arms/          a comparison: the configuration of each arm, for 'gruexp train'
//	base.yaml      a search: what its trials change
//	trials/        a run directory for each trial, what it wrote while it ran, and a lock
//	result.json    what compare or tune printed
//	*.csv          the tables of it
//
// Several processes may work on a directory at once. Whatever is killed, the study goes on where it stopped.
package study

// Package files reads the inputs of a trained model from files, and writes what it predicts to others:
//
//	.csv    a row for each step, with the columns that the run was trained on, or the features of an imported model in their order
//	.jsonl  a sequence in each line: {"inputs": [[…], …]}, {"tokens": […]} or {"text": "…"}, each with a "sequence" or none
//	.npy    inputs [T,B,D], token ids [T,B]
//
// and every other file that [table.IsTable] knows, for a model that was trained on a table. Predictions are written as CSV, JSON
// Lines and NumPy arrays; generated music as MIDI files.
package files

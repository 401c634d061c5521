// Package predict turns the model file of a run into predictions in the units of the data: classes with probabilities, or
// numbers with intervals.
//
//	p, err := predict.Open("runs/mine-1/model.safetensors")
//	found, err := p.Predict(ctx, predict.Rows{{"load": 3.1, "station": "north"}, {"load": 2.9, "station": "north"}})
//
// A model file holds everything that is needed: the weights, the preparation of the inputs that was fitted on the training
// part, the names of classes and targets, and their scaling. Rows are prepared exactly as in training, and series are cut into
// windows as in training, so that the predictions are those of 'gruexp eval' for the same rows.
//
// Whole sequences are predicted by [Predictor.Predict], rows that arrive one after the other by [Predictor.Stream], and texts
// are translated by [Predictor.Translate]. The package links neither Gorgonia nor readers of file formats.
package predict

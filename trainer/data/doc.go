// Package data describes sequences for training: data sets, batches with masks, splits, folds, scaling, and how rows become the
// inputs of a model.
//
// [Data] is a [Split] into training, validation and test part together with what a model must know of them ([Spec]). A part is a
// [Dataset]. [Batches] plans in which order its sequences are seen, and [Dataset].Fill puts a batch, time-major and padded at the
// end, into a [Batch] that is used again and again. [Preparation] is kept with a trained model: it turns other rows into inputs
// and outputs into the units of the data.
//
// Four rooms share the work. This one has no file formats and no linear algebra, so that a small program can link it. Package
// table reads tables and texts. Package sets has the sets with a name and loads everything that a [Config] describes. Package
// baseline computes what simple methods reach.
//
// Categories, scaling, filling and classes are fitted on the training part alone. The windows of a forecast are views of their
// series: none is copied before it is needed.
//
// What is wrong with a configuration or a file is a *fault.Error that lists every fault with its place.
package data

// Package search looks for good hyperparameters: a [Space] of them, what to try next, which trials to end early, and how
// much each hyperparameter matters.
//
// Everything is a function of the trials so far and a seed: the package has no memory, so that a search can be interrupted
// and shared by several processes.
//
//	sampler   random; sobol (Joe and Kuo 2008); tpe, tree-structured Parzen estimators (Bergstra et al. 2011)
//	pruner    none; median; asha, asynchronous successive halving (Li et al. 2020, arXiv:1810.05934)
//
// Inside, a hyperparameter is a number u from 0 to 1, on every scale.
package search

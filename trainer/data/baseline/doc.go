// Package baseline computes what simple methods reach on the test part of data: what a model has to beat. [Of] chooses the methods by
// the task. The metrics have the names and units that those of a trained model have.
package baseline

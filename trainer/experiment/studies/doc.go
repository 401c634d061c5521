// Package studies compares configurations and searches for hyperparameters: many experiments for one question.
//
// A comparison has a base configuration, arms that change it, and seeds that every arm is trained with. It is read from a YAML file, the same
// that the verb compare takes, or built as plain data:
//
//	c, err := studies.ReadComparison(ctx, "mine.yaml", studies.Options{})
//	c, err := studies.NewComparison(ctx, studies.ComparisonConfig{
//		Question:  studies.Question{Base: "languages", Metric: "valid.accuracy"},
//		Reference: "adam",
//		Arms:      map[string]map[string]any{"adam": {}, "sgd": {"solver": map[string]any{"name": "sgd"}}},
//	}, studies.Options{})
//	result, err := c.Run(ctx, study.NewMemory(), studies.Execution{Slots: 2})
//
// The result has the mean of every arm with an interval, and for every arm but the reference the paired difference with a verdict:
// [ComparisonResult]. With [ComparisonConfig.Tune] every arm has its hyperparameters searched for first, each with the same budget.
// [ReadSearch] and [NewSearch] are the same for a single search.
//
// A study is kept in a [study.Store]: with trainer/study/sqlite a study that was interrupted continues. What other processes need to take part
// is a [Plan]: [ParsePlan] reads it from the store, and [Plan.Worker] carries out trials in any way that the caller gives.
//
// Package trainer/study has the statistics and the stores, and knows no configuration; this package knows no directory and no process.
package studies

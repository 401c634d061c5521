// Package solvers is how parameters follow their gradients: update rules as chains of small transformations.
//
// A [Transform] turns the gradient of each parameter into something better to add to it: clipped, averaged, scaled.
// [New] chains transforms into a [Solver], which is a [gorgonia.Solver]; the chain ends in what is added to the
// parameters:
//
//	solvers.New(
//		&solvers.ClipByGlobalNorm{Max: 1},
//		&solvers.AddPenalty{L2: 1e-4},
//		&solvers.Adam{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8},
//		&solvers.ScaleByLearningRate{Schedule: solvers.Cosine(0.001, 0, 10_000)},
//	)
//
// The fields of a transform are taken as they are: there are no defaults here. A [Config] is the same by name, with
// defaults, as the file of an experiment has it.
//
// A [ScaleByLearningRate] alone is gradient descent, θ ← θ − η·g. Whether that is full-batch, mini-batch or stochastic
// is a matter of the data that the gradient was taken of.
//
// In the equations g is what arrives at a transform and Δ what leaves it; θ is the parameter, t = 1, 2, … the step and
// η the learning rate. All are element-wise unless a norm is taken. A column of a parameter is along its last axis, the
// weights of one unit of one gate; a vector is one column. A transform passes over each tensor once, in the parameter's own
// dtype, and once more where it needs a norm first; norms are summed in float64. Nothing is allocated after the first step,
// but for the generator of [AddNoise].
//
// A solver that a Config makes by name is a file with its transform and its rule, and a row of the table in rule.go; its
// options are those of its preset. A schedule is a function and a row of the table in schedule_config.go.
package solvers

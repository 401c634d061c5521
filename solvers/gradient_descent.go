package solvers

// Gradient descent is [ScaleByLearningRate] alone, θ ← θ − η·g.
const (
	NameGD  = "gd"  // with the gradient of all data: one step per epoch, which [Config.New] insists on
	NameSGD = "sgd" // with that of a batch
)

func gdRule() rule {
	return rule{NameGD, Config{LearningRate: 0.01}, func(*Config, Plan) []Transform { return nil }}
}

func sgdRule() rule {
	return rule{NameSGD, Config{LearningRate: 0.01}, func(*Config, Plan) []Transform { return nil }}
}

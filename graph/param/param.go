// Package param describes parameters as plain data: what a parameter does in its layer ([Role]), the name of the
// distribution that its first values are drawn from ([InitializerNames]), what it adds to the loss ([Penalty]) and what
// every update must keep ([Constraint]). Configurations are made of these, so this package needs neither Gorgonia nor
// random numbers; package graph has the parameters themselves.
package param

import (
	"slices"

	"github.com/gruexp/gruexp/graph/fault"
)

// Role says what a parameter does in its layer. Regularizers, initial values and groups of a solver choose by it.
type Role string

// The roles.
const (
	RoleKernel          Role = "kernel"           // multiplies an input
	RoleRecurrentKernel Role = "recurrent_kernel" // multiplies the state of the step before
	RoleBias            Role = "bias"
	RoleEmbedding       Role = "embedding" // a row per token
	RoleScale           Role = "scale"     // gain or shift of a normalization
	RoleState           Role = "state"     // a learned initial state
	RoleStatistic       Role = "statistic" // measured on the data, not trained: the running mean of a normalization
)

// Names of the initializers.
const (
	InitGlorotUniform = "glorot_uniform"
	InitGlorotNormal  = "glorot_normal"
	InitHeUniform     = "he_uniform"
	InitHeNormal      = "he_normal"
	InitOrthogonal    = "orthogonal"
	InitUniform       = "uniform"
	InitTorchUniform  = "torch_uniform"
	InitZeros         = "zeros"
)

// InitializerNames lists the names of the initializers, in the order of the documentation.
func InitializerNames() []string {
	return []string{InitGlorotUniform, InitGlorotNormal, InitHeUniform, InitHeNormal, InitOrthogonal, InitUniform, InitTorchUniform, InitZeros}
}

// CheckInitializer adds a fault at path unless name is one of [InitializerNames].
func CheckInitializer(l *fault.List, path, name string) {
	l.Check(slices.Contains(InitializerNames(), name), path, name, "one of %v", InitializerNames())
}

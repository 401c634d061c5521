package solvers_test

import (
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/solvers"
)

// TestGroups tells by the length of a step of gradient 1 which group a parameter is in.
func TestGroups(t *testing.T) {
	t.Parallel()
	group := func(factor float64, names []string, roles ...graph.Role) solvers.Group {
		return solvers.Group{Names: names, Roles: roles, LearningRateFactor: &factor}
	}
	for name, c := range map[string]struct {
		groups []solvers.Group
		want   map[string]float64 // the others: 1
	}{
		"a role":            {[]solvers.Group{group(2, nil, graph.RoleBias)}, map[string]float64{"encoder/gru0/bias": 2, "dense/bias": 2}},
		"a name":            {[]solvers.Group{group(2, []string{"dense/bias"})}, map[string]float64{"dense/bias": 2}},
		"a layer":           {[]solvers.Group{group(2, []string{"dense"})}, map[string]float64{"dense/bias": 2, "dense/kernel": 2}},
		"a layer of layers": {[]solvers.Group{group(2, []string{"encoder"})}, map[string]float64{"encoder/gru0/bias": 2}},
		"a pattern":         {[]solvers.Group{group(2, []string{"*/kernel"})}, map[string]float64{"dense/kernel": 2}},
		"a deeper pattern":  {[]solvers.Group{group(2, []string{"*/gru*"})}, map[string]float64{"encoder/gru0/bias": 2}},
		"role and name":     {[]solvers.Group{group(2, []string{"dense"}, graph.RoleBias)}, map[string]float64{"dense/bias": 2}},
		"the first fits": {[]solvers.Group{group(2, []string{"dense/bias"}), group(4, nil, graph.RoleBias)},
			map[string]float64{"dense/bias": 2, "encoder/gru0/bias": 4}},
	} {
		t.Run(name, func(t *testing.T) {
			params := []*graph.Param{
				newParam(t, tensor.Float64, "encoder/gru0/bias", graph.RoleBias, nil, 1),
				newParam(t, tensor.Float64, "dense/bias", graph.RoleBias, nil, 1),
				newParam(t, tensor.Float64, "dense/kernel", graph.RoleKernel, nil, 1),
			}
			var gradients []graph.Gradient
			for _, p := range params {
				gradients = append(gradients, newGradient(t, p, []float64{1}))
			}
			step(t, newSolver(t, solvers.Config{Name: solvers.NameSGD, LearningRate: 1, Groups: c.groups}, solvers.Plan{}), gradients...)
			for _, p := range params {
				want, ok := c.want[p.Name]
				if !ok {
					want = 1
				}
				if found := -floats(p.Value)[0]; found != want {
					t.Errorf("%s: found a step of %v, expected %v", p.Name, found, want)
				}
			}
		})
	}
}

func TestFrozenGroup(t *testing.T) {
	t.Parallel()
	params := sample(t, tensor.Float32)
	config := solvers.Config{Groups: []solvers.Group{{Names: []string{"gru0"}, Freeze: true}}}
	solver := newSolver(t, config, solvers.Plan{})
	if err := solver.Init(params); err != nil {
		t.Fatal(err)
	}
	for i, p := range params {
		if p.Frozen != (i < 3) {
			t.Errorf("%s: found frozen %v", p.Name, p.Frozen)
		}
		if _, ok := solver.State()["adam/m/"+p.Name]; ok == p.Frozen {
			t.Errorf("%s: found state: %v", p.Name, ok)
		}
	}
	before := floats(params[0].Value)
	step(t, solver, draw(t, params, graph.NewStreams(1))...) // a program from before may still have gradients
	if !slices.Equal(floats(params[0].Value), before) {
		t.Error("found a change of a frozen parameter")
	}
}

func TestGroupWithoutParameters(t *testing.T) {
	t.Parallel()
	solver := newSolver(t, solvers.Config{Groups: []solvers.Group{
		{Roles: []graph.Role{graph.RoleBias}, Freeze: true},
		{Names: []string{"gru0/bias"}, LearningRateFactor: new(2.0)},
	}}, solvers.Plan{})
	params := sample(t, tensor.Float32)
	wantError(t, solver.Init(params), "groups.1: found no parameter to train that fits it and no group before, expected at least one")
	if params[2].Frozen {
		t.Error("found a frozen parameter after a refused Init")
	}
	var model []gorgonia.ValueGrad
	for _, g := range draw(t, params, graph.NewStreams(1)) {
		model = append(model, g)
	}
	wantError(t, solver.Step(model), "groups.1: found no parameter")
}

func TestConfigForParameters(t *testing.T) {
	t.Parallel()
	config := solvers.Config{
		L1: 1, L2: 1, Penalties: map[graph.Role]solvers.PenaltyConfig{graph.RoleState: {L2: 1}},
		Groups: []solvers.Group{{Names: []string{"gru0/*", "tokens"}, Roles: []graph.Role{graph.RoleKernel, graph.RoleRecurrentKernel, graph.RoleEmbedding}, Freeze: true},
			{Names: []string{"gru1"}, Freeze: true}},
	}
	err := config.ValidateFor(sample(t, tensor.Float32)).Err() // only the bias is left to train
	wantError(t, err, "groups.1: found no parameter to train that fits it",
		"l1: found no parameter to train with one of them, expected some of [kernel recurrent_kernel embedding]", "l2: found no parameter",
		"penalties.state: found no parameter to train with one of them, expected some of [state]")
	config.Groups = []solvers.Group{{Names: []string{"*"}, Freeze: true}}
	wantError(t, config.ValidateFor(sample(t, tensor.Float32)).Err(), `groups: found "all parameters frozen", expected some to train`)
	if faults := (solvers.Config{L2: 1, Name: solvers.NameAdamW}).WithDefaults().ValidateFor(sample(t, tensor.Float32)); len(faults) > 0 {
		t.Error(faults.Err())
	}
}

package solvers

import "slices"

// rule is a solver that a [Config] makes by name.
type rule struct {
	name   string
	preset Config                                 // the options that it has, at their defaults
	chain  func(c *Config, plan Plan) []Transform // from the gradient to the direction of a step
}

// rules lists them. A new one is a file with its transform and its rule, and a row here.
func rules() []rule {
	return []rule{
		gdRule(), sgdRule(), momentumRule(), nesterovRule(), adaGradRule(), adaDeltaRule(), rmsPropRule(),
		adamRule(), amsGradRule(), adamWRule(), nadamRule(), radamRule(), adaBeliefRule(), lionRule(), rpropRule(), asgdRule(),
	}
}

// Names lists the solvers that a [Config] makes.
func Names() []string {
	var names []string
	for _, r := range rules() {
		names = append(names, r.name)
	}
	return names
}

// ruleNamed finds a rule; one that is not known has no options.
func ruleNamed(name string) (found rule, known bool) {
	all := rules()
	i := slices.IndexFunc(all, func(r rule) bool { return r.name == name })
	if i < 0 {
		return rule{}, false
	}
	return all[i], true
}

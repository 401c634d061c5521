package trainer

// plateauRuleOf is the rule after which the learning rate is lowered.
func plateauRuleOf(cfg ReduceOnPlateauConfig) stoppingRule {
	return stoppingRule{monitor: cfg.Monitor, higher: isHigherBetter(cfg.Monitor, cfg.Mode), minDelta: cfg.MinDelta, patience: cfg.Patience}
}

// watchPlateau lowers the learning rate if it is time to.
func (f *fit) watchPlateau(epoch Epoch) error {
	cfg := f.cfg.ReduceOnPlateau
	if cfg == nil {
		return nil
	}
	rule, s := plateauRuleOf(*cfg), &f.state.Plateau
	*s = s.next(rule, epoch.Epoch, rule.value(epoch))
	if !s.Stopped {
		return nil
	}
	s.Stopped, s.Reason, s.Waited = false, "", 0
	now := f.solver.LearningRate()
	lower := max(now*cfg.Factor, cfg.MinLearningRate)
	if lower >= now {
		return nil
	}
	return f.solver.ScaleLearningRate(lower / now)
}

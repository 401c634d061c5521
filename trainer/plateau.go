package trainer

// plateau is how far the rule that lowers the learning rate has come. It is a pure value: next has no memory but its receiver.
type plateau struct {
	stopping
	Cooldown int `json:"cooldown"` // epochs left that lose no patience
}

func (c Config) plateauRule() stoppingRule {
	cfg := c.ReduceOnPlateau
	return stoppingRule{
		monitor: cfg.Monitor, higher: c.isHigherBetter(cfg.Monitor, cfg.Mode), minDelta: cfg.MinDelta,
		relative: cfg.MinDeltaMode == MinDeltaRelative, patience: max(1, *cfg.Patience),
	}
}

// next is the state after an epoch (counted from 1) with that value of the monitor, and whether it is time to lower the learning rate.
func (p plateau) next(rule stoppingRule, cooldown, epoch int, value float64) (_ plateau, due bool) {
	p.stopping = p.stopping.next(rule, epoch, value)
	cooling := p.Cooldown > 0
	due = p.Stopped && !cooling
	switch {
	case cooling:
		p.Cooldown--
	case due:
		p.Cooldown = cooldown
	}
	if cooling || due {
		p.Stopped, p.Reason, p.Waited = false, "", 0
	}
	return p, due
}

// lower is what the learning rate becomes; a change that is too small is none.
func (c ReduceOnPlateauConfig) lower(rate float64) float64 {
	lower := max(rate*c.Factor, c.MinLearningRate)
	if rate-lower <= c.Epsilon {
		return rate
	}
	return lower
}

// watchPlateau lowers the learning rate if it is time to.
func (f *fit) watchPlateau(epoch Epoch) error {
	cfg := f.cfg.ReduceOnPlateau
	if cfg == nil {
		return nil
	}
	rule := f.cfg.plateauRule()
	var due bool
	f.state.Plateau, due = f.state.Plateau.next(rule, cfg.Cooldown, epoch.Epoch, rule.value(epoch))
	now := f.solver.LearningRate()
	if lower := cfg.lower(now); due && lower < now {
		return f.solver.ScaleLearningRate(lower / now)
	}
	return nil
}

package solvers

import "math"

// Schedule is the value, such as a learning rate, at a step counted from 0. Lengths of schedules are in steps: for
// a length in epochs, multiply by the steps per epoch, as [Config.New] does.
type Schedule func(step int) float64

// orOne is the value at a step, 1 of a schedule that is nil.
func (s Schedule) orOne(step int) float64 {
	if s == nil {
		return 1
	}
	return s(step)
}

// Constant is rate at every step.
func Constant(rate float64) Schedule { return func(int) float64 { return rate } }

// Exponential is rate·factor^(step/every): it falls a little at every step, by factor over each every steps.
func Exponential(rate, factor, every float64) Schedule {
	return func(step int) float64 { return rate * math.Pow(factor, float64(step)/every) }
}

// Staircase is rate·factor^⌊step/every⌋: constant for every steps, then factor times as much ("step decay").
func Staircase(rate, factor, every float64) Schedule {
	return func(step int) float64 { return rate * math.Pow(factor, math.Floor(float64(step)/every)) }
}

// MultiStep is rate·factor^n with n the number of steps in at that have been reached (PyTorch MultiStepLR; Keras
// PiecewiseConstantDecay, whose values change one step later).
func MultiStep(rate, factor float64, at ...float64) Schedule {
	return func(step int) float64 {
		reached := 0
		for _, a := range at {
			if float64(step) >= a {
				reached++
			}
		}
		return rate * math.Pow(factor, float64(reached))
	}
}

// InverseTime is rate/(1+decay·step/every) (Keras InverseTimeDecay).
func InverseTime(rate, decay, every float64) Schedule {
	return func(step int) float64 { return rate / (1 + decay*float64(step)/every) }
}

// Polynomial goes from rate at step 0 to final at step steps and stays there:
// final + (rate−final)·(1−step/steps)^power (Keras PolynomialDecay; with final 0 PyTorch PolynomialLR).
func Polynomial(rate, final, power, steps float64) Schedule {
	return func(step int) float64 { return final + (rate-final)*math.Pow(1-progress(step, steps), power) }
}

// Linear goes from rate at step 0 to final at step steps at uniform speed and stays there.
func Linear(rate, final, steps float64) Schedule {
	return func(step int) float64 { return rate + (final-rate)*progress(step, steps) }
}

// Cosine goes from rate at step 0 to final at step steps along half a cosine and stays there:
// final + (rate−final)·(1+cos(π·step/steps))/2 (Loshchilov and Hutter 2017, arXiv:1608.03983, without restarts).
func Cosine(rate, final, steps float64) Schedule {
	return func(step int) float64 {
		return final + (rate-final)*(1+math.Cos(math.Pi*progress(step, steps)))/2
	}
}

// WarmUp rises linearly over the given number of steps, after(0)·(step+1)/(steps+1), then begins after at its step 0.
// No step is wasted on a value of 0 (Goyal et al. 2017, arXiv:1706.02677, gradual warm-up).
func WarmUp(steps int, after Schedule) Schedule {
	return func(step int) float64 {
		if step < steps {
			return after(0) * float64(step+1) / float64(steps+1)
		}
		return after(step - steps)
	}
}

// progress is the part of steps that has gone by, at most 1.
func progress(step int, steps float64) float64 { return min(float64(step)/steps, 1) }

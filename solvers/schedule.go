package solvers

import "math"

// Schedule is the value, such as a learning rate, at a step counted from 0. Lengths of schedules are in steps; whoever
// thinks in epochs multiplies by the steps per epoch, as [Config.New] does.
type Schedule func(step int) float64

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

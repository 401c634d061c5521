package solvers

import "math"

// CosineRestarts goes from rate to final along half a cosine again and again. Cycle i = 0, 1, … lasts every·stretch^i steps
// and begins at the part factor^i of the way from final to rate:
//
//	final + (rate−final)·factor^i·(1+cos(π·(step−begin)/length))/2
//
// (SGDR; Loshchilov and Hutter 2017, arXiv:1608.03983. Keras CosineDecayRestarts, with stretch and factor as t_mul and
// m_mul; with factor 1 PyTorch CosineAnnealingWarmRestarts.) The stretch is at least 1.
func CosineRestarts(rate, final, every, stretch, factor float64) Schedule {
	return func(step int) float64 {
		cycle, place, length := 0.0, float64(step), every
		if stretch == 1 {
			cycle = math.Floor(place / length)
			place -= cycle * length
		} else {
			for ; place >= length; cycle++ {
				place -= length
				length *= stretch
			}
		}
		return final + (rate-final)*math.Pow(factor, cycle)*(1+math.Cos(math.Pi*place/length))/2
	}
}

// OneCycle rises from initial to rate and falls to final, along half a cosine each, in as many steps. The peak is at step
// rise·steps−1, the end at step steps−1, where it stays (Smith and Topin 2018, arXiv:1708.07120; PyTorch OneCycleLR with
// two phases, anneal_strategy cos and rise as pct_start).
func OneCycle(rate, initial, final, steps, rise float64) Schedule {
	peak := max(rise*steps-1, 0)
	return func(step int) float64 {
		if now := float64(step); now < peak {
			return Cosine(initial, rate, peak)(step)
		}
		if peak >= steps-1 {
			return final
		}
		return final + (rate-final)*(1+math.Cos(math.Pi*min((float64(step)-peak)/(steps-1-peak), 1)))/2
	}
}

// Cyclic rises from initial to rate and falls back at uniform speed, again and again. A cycle lasts every steps, of which
// the part rise goes up, and cycle i = 0, 1, … reaches the part factor^i of the way (Smith 2017, arXiv:1506.01186;
// PyTorch CyclicLR: triangular with factor 1, triangular2 with ½).
func Cyclic(rate, initial, every, rise, factor float64) Schedule {
	return func(step int) float64 {
		cycle := math.Floor(float64(step) / every)
		height := float64(step)/every - cycle
		if height <= rise {
			height /= rise
		} else {
			height = (1 - height) / (1 - rise)
		}
		return initial + (rate-initial)*math.Pow(factor, cycle)*height
	}
}

// PerEpoch holds what a schedule has at the first step of an epoch to its end.
func PerEpoch(stepsPerEpoch int, s Schedule) Schedule {
	return func(step int) float64 { return s(step - step%stepsPerEpoch) }
}

// Chain is schedules one after the other, each from its step 0 on: part i lasts for lengths[i] steps, the last one for ever
// (PyTorch SequentialLR). There is one part more than lengths.
func Chain(lengths []int, parts ...Schedule) Schedule {
	return func(step int) float64 {
		for i, length := range lengths {
			if step < length {
				return parts[i](step)
			}
			step -= length
		}
		return parts[len(lengths)](step)
	}
}

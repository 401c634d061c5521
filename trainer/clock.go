package trainer

import "time"

// stopwatch is the only place of this package that looks at a clock. Its readings are reported; all that they decide is where a
// budget of seconds ends a run, which a resumed run does not notice.
type stopwatch struct {
	start  time.Time
	before float64 // seconds of the run before an interruption
}

func startStopwatch(before float64) stopwatch { return stopwatch{time.Now(), before} }

func (s stopwatch) seconds() float64 { return s.before + s.sinceStart() }

func (s stopwatch) sinceStart() float64 { return time.Since(s.start).Seconds() }

// rate returns a function that is told how many more are done and returns how many there were per second so far.
func (s stopwatch) rate() func(more int) float64 {
	start, done := time.Now(), 0
	return func(more int) float64 {
		done += more
		return float64(done) / max(time.Since(start).Seconds(), 1e-9)
	}
}

package run

import "github.com/gruexp/gruexp/trainer"

// TimeLeft says how long a run will take. It goes by the seconds of the events alone, in which pauses of a resumed run do not count.
type TimeLeft struct {
	begun        float64 // seconds of the run before this call
	epochBegun   float64 // seconds at the start of the epoch, or of what was left of it
	epochBegunAt int     // its steps done then
}

// StartRun is told of the event RunStart.
func (l *TimeLeft) StartRun(e *trainer.Event) { l.begun = e.History.Seconds }

// StartEpoch is told of the event EpochStart.
func (l *TimeLeft) StartEpoch(e *trainer.Event) {
	l.epochBegun, l.epochBegunAt = e.History.Seconds, e.Step
}

// After gives the seconds left after a step, known where there is something to go by: the steps left of this epoch by the time of
// those before, and the epochs left by the time of the last one, its validation among it. AtMost says that the run may end earlier.
func (l *TimeLeft) After(e *trainer.Event) (seconds float64, atMost, known bool) {
	done := e.Step - l.epochBegunAt
	if done <= 0 {
		return 0, false, false
	}
	perStep := (e.History.Seconds - l.epochBegun) / float64(done)
	perEpoch := perStep * float64(e.Of)
	if epochs := e.History.Epochs; len(epochs) > 0 {
		perEpoch = epochs[len(epochs)-1].Seconds
		if len(epochs) > 1 {
			perEpoch -= epochs[len(epochs)-2].Seconds
		}
	}
	seconds = perStep*float64(e.Of-e.Step) + perEpoch*float64(e.Config.MaxEpochs-e.Epoch)
	if budget := e.Config.MaxSeconds; budget > 0 {
		seconds = min(seconds, max(0, budget-(e.History.Seconds-l.begun)))
	}
	return seconds, e.Config.EarlyStopping != nil || e.Config.MaxSeconds > 0 || e.Config.MaxSteps > 0, true
}

package cli

import "github.com/gruexp/gruexp/trainer"

// timeLeft says how long a run will take. It goes by the seconds of the events alone, in which pauses of a resumed run do not count.
type timeLeft struct {
	begun        float64 // seconds of the run before this call
	epochBegun   float64 // seconds at the start of the epoch, or of what was left of it
	epochBegunAt int     // its steps done then
}

func (l *timeLeft) startRun(e *trainer.Event) { l.begun = e.History.Seconds }

func (l *timeLeft) startEpoch(e *trainer.Event) {
	l.epochBegun, l.epochBegunAt = e.History.Seconds, e.Step
}

// after is the text after a step, empty where nothing is known yet: the steps left of this epoch by the time of those before, and the epochs
// left by the time of the last one, its validation among it. It is the most where the run may end earlier.
func (l *timeLeft) after(e *trainer.Event) string {
	done := e.Step - l.epochBegunAt
	if done <= 0 {
		return ""
	}
	perStep := (e.History.Seconds - l.epochBegun) / float64(done)
	perEpoch := perStep * float64(e.Of)
	if epochs := e.History.Epochs; len(epochs) > 0 {
		perEpoch = epochs[len(epochs)-1].Seconds
		if len(epochs) > 1 {
			perEpoch -= epochs[len(epochs)-2].Seconds
		}
	}
	seconds := perStep*float64(e.Of-e.Step) + perEpoch*float64(e.Config.MaxEpochs-e.Epoch)
	if budget := e.Config.MaxSeconds; budget > 0 {
		seconds = min(seconds, max(0, budget-(e.History.Seconds-l.begun)))
	}
	text := "  "
	if e.Config.EarlyStopping != nil || e.Config.MaxSeconds > 0 || e.Config.MaxSteps > 0 {
		text += "at most "
	}
	return text + duration(seconds) + " left"
}

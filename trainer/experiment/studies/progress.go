package studies

import (
	"strings"

	"github.com/gruexp/gruexp/trainer/study"
)

// Progress is how far a study has come.
type Progress struct {
	Ended, Of int         // trials; Of is the most where time is a bound
	Best      string      // an arm by its mean so far, or a trial; empty: none has ended
	Value     study.Value // of it
	Left      float64     // seconds that the trials left will take, at the pace of those that have ended; 0: unknown
}

// Progress is how far these trials have come; slots is how many are carried out at a time.
func (p *Plan) Progress(trials []study.Trial, slots int) Progress {
	now := Progress{Of: p.Most(trials), Value: study.Unknown()}
	seconds := 0.0
	values := map[string][]float64{} // of arms, or of trials that belong to none
	single := map[string]bool{}      // names of trials that belong to no arm that is compared
	for _, t := range trials {
		if !t.State.Ended() {
			continue
		}
		now.Ended++
		seconds += t.Seconds()
		if t.State != study.Done {
			continue
		}
		who := t.Arm
		if who == "" || strings.HasPrefix(who, tunePrefix) {
			who = t.Name
			single[who] = true
		}
		values[who] = append(values[who], float64(t.Value))
	}
	if now.Ended > 0 {
		now.Left = seconds / float64(now.Ended) * float64(now.Of-now.Ended) / float64(max(1, slots))
	}
	compares := len(single) < len(values) // arms count, once there are some, and not what they were tuned with
	for who, all := range values {
		if compares && single[who] {
			continue
		}
		mean := 0.0
		for _, v := range all {
			mean += v / float64(len(all))
		}
		better := study.Value(mean) > now.Value == p.HigherIsBetter()
		if now.Best == "" || better && study.Value(mean) != now.Value || study.Value(mean) == now.Value && who < now.Best {
			now.Best, now.Value = who, study.Value(mean)
		}
	}
	return now
}

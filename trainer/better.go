package trainer

// HigherIsBetter says so of what a monitor names, as "valid.accuracy".
func HigherIsBetter(monitor string) bool { return isHigherBetter(monitor, ModeAuto) }

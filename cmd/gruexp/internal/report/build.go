package report

// sections is all that is said.
func (r *Report) sections() []section {
	return nil
}

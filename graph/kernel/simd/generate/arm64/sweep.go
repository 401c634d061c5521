package main

// sweep walks over lines of equal length: vector by vector, and then over what is left one element at a time. The step of
// a line handles the elements at hand. A single element is in the first lane, with zeros in the others.
type sweep struct {
	vector
	length Reg  // elements per line
	at     Reg  // of the elements at hand, in bytes from the start of the line
	single bool // whether one element is at hand
}

// newSweep prepares a walk over lines of the given length.
func (v vector) newSweep(length Reg) *sweep { return &sweep{vector: v, length: length} }

// line walks over one line. The name keeps the labels of two lines in one function apart.
func (s *sweep) line(name string, step func()) {
	left := s.General()
	s.at = s.General()
	s.Set(s.at, 0)
	s.Move(left, s.length)
	s.CountDown(left, s.lanes())
	s.Branch("LT", name+"Rest")
	s.Label(name)
	step()
	s.AddConstant(s.at, vectorBytes)
	s.CountDown(left, s.lanes())
	s.Branch("GE", name)
	s.Label(name + "Rest")
	s.CountUp(left, s.lanes())
	s.Branch("EQ", name+"End")
	s.single = true
	s.Label(name + "One")
	step()
	s.AddConstant(s.at, s.element())
	s.CountDown(left, 1)
	s.Branch("NE", name+"One")
	s.single = false
	s.Label(name + "End")
}

// get returns the elements at hand of a line.
func (s *sweep) get(line Reg) Reg {
	x := s.Vector()
	if s.single {
		s.LoadOneAt(s.double, x, line, s.at)
	} else {
		s.LoadAt(x, line, s.at)
	}
	return x
}

// put stores x at the place at hand of a line.
func (s *sweep) put(x, line Reg) {
	if s.single {
		s.StoreOneAt(s.double, x, line, s.at)
	} else {
		s.StoreAt(x, line, s.at)
	}
}

// clearRest returns x with zeros in the lanes that belong to no element.
func (s *sweep) clearRest(x Reg) Reg {
	if !s.single {
		return x
	}
	to := s.Vector()
	s.First(s.double, to, x)
	return to
}

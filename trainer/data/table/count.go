package table

import (
	"bytes"
	"io"

	"github.com/gruexp/gruexp/trainer/data/internal/input"
)

// again reads the file from its beginning, unpacked, while the reading in order stays where it is.
func (in *tableInput) again() (io.Reader, error) {
	info, err := in.file.Stat()
	if err != nil {
		return nil, err
	}
	unpacked, err := input.Unpack(in.path, io.NewSectionReader(in.file, 0, info.Size()))
	if err != nil {
		return nil, err
	}
	return input.UTF8(in.path, unpacked)
}

// countChunk is how much of a file is counted at a time.
const countChunk = 1 << 18

// Count counts the rows by the ends of lines that no quote encloses. The header and empty lines are no rows.
func (s *separated) Count(most int) (rows int, known bool) {
	if s.again == nil {
		return 0, false
	}
	r, err := s.again()
	if err != nil {
		return 0, false // which is told when the reading comes to it
	}
	end := byte('\n')
	if s.returns {
		end = '\r'
	}
	rows = -1
	quoted, empty := false, true
	chunk := make([]byte, countChunk)
	for rows <= most {
		n, err := io.ReadFull(r, chunk)
		part := chunk[:n]
		if !quoted && !empty && (s.plain || bytes.IndexByte(part, '"') < 0) && !bytes.Contains(part, []byte{end, end}) && bytes.IndexByte(part, '\r') < 0 {
			rows += bytes.Count(part, []byte{end})
			empty = n > 0 && part[n-1] == end
		} else {
			for _, c := range part {
				switch {
				case c == '"' && !s.plain:
					quoted, empty = !quoted, false
				case quoted:
				case c == end:
					if !empty {
						rows++
					}
					empty = true
				case c != '\r':
					empty = false
				}
			}
		}
		if err != nil { // the end, or what is told when the reading comes to it
			if !empty {
				rows++
			}
			return rows, err == io.EOF || err == io.ErrUnexpectedEOF
		}
	}
	return rows, true
}

// Count counts the steps of the first list in each line, which are those of all lists in it.
func (r *lineRecords) Count(most int) (rows int, known bool) {
	if r.again == nil {
		return 0, false
	}
	source, err := r.again()
	if err != nil {
		return 0, false
	}
	depth, steps := 0, 0 // of the line; steps are those of its first list
	quoted, escaped, listed, done, empty := false, false, false, false, true
	chunk := make([]byte, countChunk)
	for rows <= most {
		n, err := io.ReadFull(source, chunk)
		for i := 0; i < n; i++ {
			c := chunk[i]
			switch {
			case c == '\n':
				if !empty {
					rows += max(steps, 1)
				}
				depth, steps, quoted, escaped, listed, done, empty = 0, 0, false, false, false, false, true
			case done: // the rest of the line says nothing more
				if next := bytes.IndexByte(chunk[i:n], '\n'); next >= 0 {
					i += next - 1
				} else {
					i = n
				}
			case escaped:
				escaped = false
			case quoted && c == '\\':
				escaped = true
			case c == '"':
				quoted, empty = !quoted, false
			case quoted:
			case c == '[':
				if depth++; depth == 1 {
					listed, steps = true, 1
				}
			case c == ']':
				if depth--; depth == 0 && listed {
					done = true
				}
			case c == ',' && depth == 1:
				steps++
			case c > ' ':
				empty = false
			}
		}
		if err != nil {
			if !empty {
				rows += max(steps, 1)
			}
			return rows, err == io.EOF || err == io.ErrUnexpectedEOF
		}
	}
	return rows, true
}

// Count is the rows of all sequences.
func (r *arrayRecords) Count(int) (rows int, known bool) {
	for _, n := range r.lengths {
		rows += n
	}
	return rows, true
}

// Count is the rows of all groups, as the metadata say.
func (p *parquetRecords) Count(int) (rows int, known bool) { return p.count, true }

package main

import (
	"fmt"
	"math"
	"strings"
)

// markdown shows the recording: machine, what is missing, a table for each section.
func (r *recording) markdown() string { return r.summary(math.MaxInt) }

// summary shows the first sections only.
func (r *recording) summary(sections int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", r.Machine)
	for _, program := range []string{oneDNN, torch} {
		if version := r.Versions[program]; version != "" {
			fmt.Fprintf(&b, "- %s\n", version)
		}
	}
	fmt.Fprintf(&b, "- %s\n", r.quiet())
	for _, missing := range r.Missing {
		fmt.Fprintf(&b, "- missing: %s\n", missing)
	}
	for i, s := range r.sections() {
		if i < sections {
			b.WriteString("\n")
			s.markdown(&b)
		}
	}
	return b.String()
}

// quiet says how much other programs disturbed.
func (r *recording) quiet() string {
	rounds, undisturbed := 0, 0
	for _, s := range r.Samples {
		rounds = max(rounds, s.Round)
		if s.Others <= disturbed {
			undisturbed++
		}
	}
	return fmt.Sprintf("%d rounds; %d of %d samples while other programs had less than a twentieth of the machine, the others "+
		"count only where there is nothing else", rounds, undisturbed, len(r.Samples))
}

func (s *section) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "### %s\n\n", s.title)
	heads := []string{"", "threads"}
	if s.ours != "" {
		heads = append(heads, s.ours+", ms", s.theirs+", ms")
	}
	heads = append(heads, s.value, "bar", "met")
	line(b, heads)
	line(b, append([]string{"---"}, repeat("---:", len(heads)-1)...))
	for _, r := range s.rows {
		cells := []string{r.name, fmt.Sprint(r.threads)}
		if s.ours != "" {
			cells = append(cells, milliseconds(r.ours), strings.TrimSpace(milliseconds(r.theirs)+" "+r.note))
		}
		line(b, append(cells, r.value.string(r.measured), r.bar.String(), r.verdict()))
	}
}

func (r *row) verdict() string {
	switch {
	case r.bar.limit == 0 || !r.measured:
		return ""
	case r.bar.met(r.value.median):
		return "yes"
	default:
		return "**no**"
	}
}

// string is the median, with both ends where the rounds differ.
func (s spread) string(measured bool) string {
	switch {
	case !measured:
		return "not measured"
	case number(s.low) == number(s.high):
		return number(s.median)
	default:
		return fmt.Sprintf("%s (%s to %s)", number(s.median), number(s.low), number(s.high))
	}
}

func line(b *strings.Builder, cells []string) { fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | ")) }

func repeat(s string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = s
	}
	return all
}

func milliseconds(nanoseconds float64) string {
	if nanoseconds == 0 {
		return "not measured"
	}
	return number(nanoseconds / 1e6)
}

// number shows two or three figures.
func number(v float64) string {
	switch {
	case v >= 100 || v == float64(int(v)):
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v >= 0.1:
		return fmt.Sprintf("%.2f", v)
	default:
		return fmt.Sprintf("%.2g", v)
	}
}

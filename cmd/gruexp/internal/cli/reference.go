package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/docs"
	"github.com/gruexp/gruexp/graph/fault"
)

func (a *app) configReferenceCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "reference [SECTION]",
		Short: "The keys of a configuration, or those of one section",
		Long: `The keys of a configuration with their types, defaults and meanings: all of them, or those of a section and of the sections in it.
What this program adds to gruexp follows at the end.`,
		Example: `  gruexp config reference
  gruexp config reference solver.schedule
  gruexp config reference gru`,
		Args: arguments(0, 1, "at most one section"),
		RunE: func(_ *cobra.Command, args []string) error {
			sections := referenceSections(docs.Configuration)
			if len(args) == 1 {
				var err error
				if sections, err = sectionsOf(sections, args[0], a.addedLayers()); err != nil {
					return err
				}
			}
			var b strings.Builder
			for _, s := range sections {
				s.write(&b)
			}
			if len(args) == 0 || len(sections) == 0 || slices.ContainsFunc(sections, func(s referenceSection) bool { return s.extensible() }) {
				if err := a.writeAdded(&b); err != nil {
					return err
				}
			}
			_, err := io.WriteString(a.stdout, b.String())
			return err
		},
	}
}

// referenceSection is a section of a configuration with its keys.
type referenceSection struct {
	path string // empty: the first level
	keys []referenceKey
}

type referenceKey struct{ name, kind, standard, allowed, meaning string }

// referenceSections reads the tables of the reference.
func referenceSections(text string) []referenceSection {
	var sections []referenceSection
	for _, part := range strings.Split(text, "<!-- keys of ")[1:] {
		path, rest, _ := strings.Cut(part, " -->\n")
		table, _, _ := strings.Cut(rest, "<!-- end -->")
		s := referenceSection{path: path}
		if path == "top" {
			s.path = ""
		}
		for i, line := range strings.Split(strings.TrimSpace(table), "\n") {
			cells := strings.Split(strings.ReplaceAll(line, `\|`, "\x00"), "|")
			if i < 2 || len(cells) != 7 { // the head of the table
				continue
			}
			for j, cell := range cells {
				cells[j] = plainText(strings.ReplaceAll(strings.TrimSpace(cell), "\x00", "|"))
			}
			s.keys = append(s.keys, referenceKey{cells[1], cells[2], cells[3], cells[4], cells[5]})
		}
		sections = append(sections, s)
	}
	return sections
}

// plainText is Markdown as it is read on a terminal: without marks of code, and with the text of links alone.
func plainText(text string) string {
	text = strings.ReplaceAll(text, "`", "")
	for {
		before, rest, ok := strings.Cut(text, "](")
		_, after, closed := strings.Cut(rest, ")")
		open := strings.LastIndexByte(before, '[')
		if !ok || !closed || open < 0 {
			return text
		}
		text = before[:open] + before[open+1:] + after
	}
}

// sectionsOf are those that are called so, by their path or the end of it, and the sections in them. Places in lists may be left in:
// model.layers.2.gru. An added layer has no section here.
func sectionsOf(all []referenceSection, name string, added []string) ([]referenceSection, error) {
	steps := slices.DeleteFunc(strings.Split(name, "."), func(step string) bool {
		_, err := strconv.Atoi(step)
		return err == nil
	})
	wanted := strings.Join(steps, ".")
	if wanted == "rnn" || strings.HasSuffix(wanted, ".rnn") {
		wanted = strings.TrimSuffix(wanted, "rnn") + "lstm" // which have the same keys
	}
	var names []string
	for _, fits := range []func(path string) bool{
		func(path string) bool { return path == wanted || strings.HasPrefix(path, wanted+".") },
		func(path string) bool {
			return strings.HasSuffix(path, "."+wanted) || strings.Contains(path, "."+wanted+".")
		},
	} {
		var found []referenceSection
		for _, s := range all {
			if s.path != "" && fits(s.path) {
				found = append(found, s)
			}
		}
		if found != nil {
			return found, nil
		}
	}
	if slices.Contains(added, strings.TrimPrefix(wanted, "model.layers.")) {
		return nil, nil
	}
	for _, s := range all {
		if s.path != "" {
			names = append(names, s.path)
		}
	}
	return nil, fault.Fault{
		Where: "config reference", What: "unknown section", Found: strconv.Quote(name),
		Meant: usererr.Nearest(append(names, added...), name), Expected: usererr.OneOf(append(names, added...), name, "'gruexp config reference'"),
	}.Err()
}

// extensible says whether a program can add to the section.
func (s referenceSection) extensible() bool {
	return slices.Contains([]string{"", "model.layers", "solver", "solver.schedule", "trainer", "data"}, s.path)
}

func (s referenceSection) write(b *strings.Builder) {
	title := s.path
	if title == "" {
		title = "The whole configuration"
	}
	fmt.Fprintf(b, "%s\n", title)
	for _, k := range s.keys {
		fmt.Fprintf(b, "  %s: %s", k.name, k.kind)
		if k.standard != "" && k.standard != "–" {
			fmt.Fprintf(b, "; default %s", k.standard)
		}
		if k.allowed != "" {
			fmt.Fprintf(b, "; allowed: %s", k.allowed)
		}
		fmt.Fprintf(b, "\n      %s\n", k.meaning)
	}
	b.WriteString("\n")
}

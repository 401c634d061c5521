package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gruexp/gruexp/trainer/experiment"
)

// addedLayers are the keys of the cells and layers that this program adds.
func (a *app) addedLayers() []string { return a.extensions.Kinds().LayerKeys() }

// writeAdded lists what this program adds, by the keys of a configuration that select it; nothing where it adds nothing.
func (a *app) writeAdded(b *strings.Builder) error {
	added, err := a.extensions.List()
	if err != nil || len(added) == 0 {
		return err
	}
	b.WriteString("Added by this program\n")
	for _, part := range added {
		fmt.Fprintf(b, "  %s: %s\n", part.Key, part.Name)
		if part.About != "" {
			for line := range strings.SplitSeq(strings.TrimSpace(part.About), "\n") {
				fmt.Fprintf(b, "      %s\n", line)
			}
		}
	}
	return nil
}

// addedInLine is what this program adds, in a sentence for its help; empty where it adds nothing.
func (a *app) addedInLine() string {
	added, err := a.extensions.List()
	if err != nil || len(added) == 0 {
		return "" // the error is that of the first verb
	}
	var keys []string
	names := map[string][]string{}
	for _, part := range added {
		if !slices.Contains(keys, part.Key) {
			keys = append(keys, part.Key)
		}
		names[part.Key] = append(names[part.Key], part.Name)
	}
	text := "\n\nThis program adds"
	for i, key := range keys {
		if i > 0 {
			text += ";"
		}
		text += " " + key + " " + strings.Join(names[key], ", ")
	}
	return text + "."
}

// addedJSON is what this program adds, as list --json has it.
func addedJSON(added []experiment.Added) map[string][]string {
	names := map[string][]string{}
	for _, part := range added {
		names[part.Key] = append(names[part.Key], part.Name)
	}
	return names
}

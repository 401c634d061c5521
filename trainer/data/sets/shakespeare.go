package sets

import (
	"context"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/table"
)

// loadText reads a text in which the next character is to be predicted: the first 90 % of it train, half of the
// rest validates and half tests. The characters are those of the training part.
func loadText(ctx context.Context, config data.Config, files []string) (*data.Data, error) {
	fraction := 0.05
	config.Text = &data.TextConfig{Path: files[0], Unit: data.UnitCharacter, MinCount: 1}
	config.Split = &data.SplitConfig{Valid: &fraction, Test: fraction}
	return table.LoadText(ctx, config, "")
}

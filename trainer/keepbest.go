package trainer

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/trainer/atomicfile"
)

// BestWeightsName is the name of the file with the weights of an epoch, by the parameters' names, in the directory of checkpoints.
func BestWeightsName(epoch int) string { return fmt.Sprintf(bestWeightsFormat, epoch) }

const bestWeightsFormat = "best-%06d.safetensors"

// bestEpochs are the numbers of the k best epochs by the monitor, the best first; of equal ones the earlier.
func (r stoppingRule) bestEpochs(epochs []Epoch, k int) []int {
	counted := slices.DeleteFunc(slices.Clone(epochs), func(e Epoch) bool { return e.Epoch <= r.startEpoch || math.IsNaN(r.value(e)) })
	slices.SortStableFunc(counted, func(a, b Epoch) int {
		switch {
		case r.better(r.value(a), r.value(b)):
			return -1
		case r.better(r.value(b), r.value(a)):
			return 1
		default:
			return 0
		}
	})
	var best []int
	for _, e := range counted[:min(k, len(counted))] {
		best = append(best, e.Epoch)
	}
	return best
}

// keepBest writes the weights of the epoch that has just ended if it is one of the best, and gives up those that no longer are. It
// has no state: files that an interrupted run has left of later epochs go, and are written again when their time comes.
func (f *fit) keepBest() error {
	dir := f.options.Checkpoints
	if dir == "" || f.cfg.KeepBest == 1 {
		return nil
	}
	best := f.stop.bestEpochs(f.state.Epochs, f.cfg.KeepBest)
	if slices.Contains(best, f.state.Epoch) {
		path := filepath.Join(dir, BestWeightsName(f.state.Epoch))
		err := atomicfile.Write(path, 0o666, func(w io.Writer) error { return weights.Encode(w, graph.Tensors(f.params), nil) })
		if err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(dir) // no pattern: the name of the directory may have an asterisk
	if err != nil {
		return errors.Wrap(err, "weights of the best epochs")
	}
	for _, entry := range entries {
		var epoch int
		if _, err := fmt.Sscanf(entry.Name(), bestWeightsFormat, &epoch); err != nil || entry.Name() != BestWeightsName(epoch) || slices.Contains(best, epoch) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, entry.Name())); err != nil {
			return errors.Wrap(err, "weights of an epoch that is no longer one of the best")
		}
	}
	return nil
}

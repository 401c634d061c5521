package layers

import (
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/layers/spec"
)

// newLayers builds layers that fit together.
func newLayers(planned []spec.PlannedLayer, dtype tensor.Dtype, streams *graph.Streams) ([]Layer, error) {
	layers := make([]Layer, len(planned))
	for i, p := range planned {
		var err error
		if layers[i], err = newLayer(p, dtype, streams); err != nil {
			return nil, err
		}
	}
	return layers, nil
}

// newLayer builds a layer. It is the one place that knows which constructor belongs to which configuration.
func newLayer(p spec.PlannedLayer, dtype tensor.Dtype, streams *graph.Streams) (Layer, error) {
	name, inputs := p.Name, p.In.Width
	switch cfg := p.Config.(type) {
	case GRUConfig:
		return NewGRU(cfg, name, inputs, dtype, streams)
	case GRUDConfig:
		return NewGRUD(cfg, name, inputs, dtype, streams)
	case LSTMConfig:
		return NewLSTM(cfg, name, inputs, dtype, streams)
	case RNNConfig:
		return NewRNN(cfg, name, inputs, dtype, streams)
	case MinGRUConfig:
		return NewMinGRU(cfg, name, inputs, dtype, streams)
	case DenseConfig:
		return NewDense(cfg, name, inputs, dtype, streams)
	case EmbeddingConfig:
		return NewEmbedding(cfg, name, inputs, dtype, streams)
	case CategoryEmbeddingConfig:
		return NewCategoryEmbedding(cfg, name, inputs, p.In.Categories, dtype, streams)
	case DropoutConfig:
		return NewDropout(cfg, name)
	case PoolConfig:
		return NewPool(cfg, name)
	case AttentionPoolConfig:
		return NewAttentionPool(cfg, name, inputs, dtype, streams)
	case Conv1DConfig:
		return NewConv1D(cfg, name, inputs, dtype, streams)
	case BatchNormConfig:
		return NewBatchNorm(cfg, name, inputs, dtype, streams)
	case LayerNormConfig:
		return NewLayerNorm(cfg, name, inputs, dtype, streams)
	case ActivityRegularizationConfig:
		return NewActivityRegularization(cfg, name)
	case ResidualConfig:
		inside, err := newLayers(cfg.Inside(name, p.In), dtype, streams)
		if err != nil {
			return nil, err
		}
		return NewResidual(name, inside...), nil
	case CellConfig:
		return NewCellLayer(cfg, name, inputs, dtype, streams)
	default:
		return newCustom(p, dtype, streams)
	}
}

// cellOf are the equations of a recurrence, for the engine composed.
func cellOf(r spec.Recurrence) Cell {
	if r.Cell != nil {
		return r.Cell
	}
	if r.Minimal() {
		return minimal{}
	}
	switch r.Kernel {
	case kernel.ResetBeforePast, kernel.ResetBeforeNew:
		return resetBefore{r.Update}
	case kernel.ThreeGate:
		return threeGate{r.Gating}
	case kernel.Tied:
		return tied{}
	case kernel.LSTM:
		return longShortTermMemory{r.Activation}
	case kernel.Tanh:
		return elman{}
	default:
		return resetAfter{}
	}
}

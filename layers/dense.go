package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/op"
	"github.com/gruexp/gruexp/layers/spec"
)

// Dense is a fully connected layer:
//
//	y = activation(x·kernel + bias)
//
// with kernel [D,units] and bias [units]. It takes [B,D] or [T,B,D] and works on each row alone: on a sequence it is the
// same at every step, what Keras calls TimeDistributed(Dense). Steps that the mask leaves out are computed like the others.
type Dense struct {
	name         string
	inputs       int
	config       DenseConfig
	kernel, bias *graph.Param
}

// NewDense makes a dense layer for inputs of that size. Parameters are called NAME/kernel and NAME/bias and are filled
// from the streams of those names. The error of a wrong configuration is a [*fault.Error].
func NewDense(cfg DenseConfig, name string, inputs int, dtype tensor.Dtype, streams *graph.Streams) (*Dense, error) {
	cfg = cfg.WithDefaults()
	faults := faultsOf(cfg, spec.Shape{Width: inputs}, dtype)
	faults.Check(cfg.Units != 0, "units", cfg.Units, "at least 1: no task says how many")
	if err := faults.Err(); err != nil {
		return nil, errors.WithMessage(err, name)
	}

	d := &Dense{name: name, inputs: inputs, config: cfg}
	var err error
	if d.kernel, err = newParam(name+"/kernel", graph.RoleKernel, cfg.KernelInitializer, inputs, cfg.KernelTreatment(), dtype, streams, inputs, cfg.Units); err != nil {
		return nil, err
	}
	if d.bias, err = newParam(name+"/bias", graph.RoleBias, cfg.BiasInitializer, inputs, cfg.BiasTreatment(), dtype, streams, cfg.Units); err != nil {
		return nil, err
	}
	return d, nil
}

// Params returns kernel and bias.
func (d *Dense) Params() []*graph.Param { return []*graph.Param{d.kernel, d.bias} }

// Apply adds the layer to the graph.
func (d *Dense) Apply(b *graph.Builder, in Seq) (Seq, error) {
	if err := expectWidth(d.name, in.X, d.inputs, 2, 3); err != nil {
		return Seq{}, err
	}
	kernel, err := b.Param(d.kernel)
	if err != nil {
		return Seq{}, err
	}
	bias, err := b.Param(d.bias)
	if err != nil {
		return Seq{}, err
	}
	y, err := op.Affine(b.Ops(), in.X, kernel, bias)
	if err != nil {
		return Seq{}, errors.WithMessage(err, d.name)
	}
	y, err = op.Activate(b.Ops(), string(d.config.Activation), y)
	return Seq{y, in.Mask}, errors.WithMessage(err, d.name)
}

package inspect_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/trainer/inspect"
)

func TestParameters(t *testing.T) {
	t.Parallel()
	kernel := &graph.Param{Name: "gru0/recurrent_kernel", Role: graph.RoleRecurrentKernel, Value: tensor.New(tensor.WithShape(2, 6), tensor.WithBacking([]float64{
		0, 2 /**/, 3, 0 /**/, 0, -0.5,
		0, 0 /**/, 0, -4 /**/, 0.5, 0, // what is shifted, what is stretched, what is turned and halved
	}))}
	bias := &graph.Param{Name: "gru0/bias", Role: graph.RoleBias, Value: tensor.New(tensor.WithShape(4), tensor.WithBacking([]float32{-3, 0, 4, 0}))}
	found, err := inspect.Parameters([]*graph.Param{kernel, bias})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	k, b := found[0], found[1]
	if k.Name != "gru0/recurrent_kernel" || k.Role != graph.RoleRecurrentKernel || !slices.Equal(k.Shape, []int{2, 6}) || k.Elements != 12 {
		t.Errorf("found %+v", k)
	}
	expectClose(t, "singular values", k.SingularValues, []float64{2, 4, 0.5}, 1e-12)
	expectClose(t, "spectral radii", k.SpectralRadii, []float64{0, 4, 0.5}, 1e-12)
	expectClose(t, "kernel", []float64{k.Norm, k.RMS, k.Min, k.Max, k.Zeros},
		[]float64{math.Sqrt(29.5), math.Sqrt(29.5 / 12), -4, 3, 7.0 / 12}, 1e-12)
	expectClose(t, "bias", []float64{b.Norm, b.RMS, b.Min, b.Max, b.Zeros}, []float64{5, 2.5, -3, 4, 0.5}, 1e-12)
	if b.SingularValues != nil || b.SpectralRadii != nil {
		t.Errorf("found %+v, expected no spectrum of a bias", b)
	}

	diagonal := make([]float64, 513*513)
	for i := range 513 {
		diagonal[i*513+i] = float64(i)
	}
	wide := &graph.Param{Name: "gru1/recurrent_kernel", Role: graph.RoleRecurrentKernel, Value: tensor.New(tensor.WithShape(513, 513), tensor.WithBacking(diagonal))}
	if found, err = inspect.Parameters([]*graph.Param{wide}); err != nil {
		t.Fatalf("%+v", err)
	}
	expectClose(t, "singular values of many units", found[0].SingularValues, []float64{512}, 1e-12)
	if found[0].SpectralRadii != nil {
		t.Errorf("found %v, expected no spectral radii of more than 512 units", found[0].SpectralRadii)
	}

	bias.Value.Float32s()[2] = float32(math.NaN())
	if _, err := inspect.Parameters([]*graph.Param{bias}); err == nil || !strings.Contains(err.Error(), "gru0/bias: element 2: found NaN") {
		t.Errorf("found error %v, expected one about element 2 of gru0/bias", err)
	}
}

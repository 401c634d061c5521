package sets

import (
	"math"
	"testing"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

// mackeyReference integrates by another method in much smaller steps.
func mackeyReference(n int) []float64 {
	const perUnit = 1000
	x := make([]float64, (n-1)*perUnit+1)
	x[0] = mackeyStart
	past := func(i int) float64 {
		if i < 0 {
			return mackeyStart
		}
		return x[i]
	}
	f := func(now, past float64) float64 { return 0.2*past/(1+math.Pow(past, 10)) - 0.1*now }
	out := []float64{x[0]}
	for i := range (n - 1) * perUnit { // the trapezoid of Heun
		a, b := past(i-17*perUnit), past(i-17*perUnit+1)
		k := f(x[i], a)
		x[i+1] = x[i] + (k+f(x[i]+k/perUnit, b))/2/perUnit
		if (i+1)%perUnit == 0 {
			out = append(out, x[i+1])
		}
	}
	return out
}

func TestMackeyGlassFollowsTheEquation(t *testing.T) {
	want := mackeyReference(150)
	for i, found := range mackeyGlass(150) {
		// The reference is of order 2 in steps of 0.001, and errors grow with e^(t/150) at the most here.
		if math.Abs(found-want[i]) > 1e-5 {
			t.Fatalf("at time %d found %.9f, expected %.9f", i, found, want[i])
		}
	}
}

func TestMackeyGlass(t *testing.T) {
	loaded := load(t, data.Config{Name: "mackey-glass"}, data.Forecast)
	if loaded.Spec.Features != 1 || loaded.Train.Steps(0) != 100 || loaded.Train.Len() != 8000-183 || loaded.Valid.Len() != 1000 || loaded.Test.Len() != 1000 {
		t.Errorf("found %d, %d and %d windows of %d", loaded.Train.Len(), loaded.Valid.Len(), loaded.Test.Len(), loaded.Train.Steps(0))
	}
	mean, persistence, ridge := datatest.BaselineOf(t, loaded, "mean", "rmse"), datatest.BaselineOf(t, loaded, "persistence", "rmse"), datatest.BaselineOf(t, loaded, "ridge", "rmse")
	if ridge >= mean || ridge >= persistence || ridge < 0.01 {
		t.Errorf("found rmse %g (mean), %g (persistence), %g (ridge), expected the linear one to be best, and not to solve it", mean, persistence, ridge)
	}
	// One step ahead a smooth curve is nearly linear.
	next := load(t, data.Config{Name: "mackey-glass", Forecast: &data.ForecastConfig{Horizon: 1}}, data.Forecast)
	if one := datatest.BaselineOf(t, next, "ridge", "rmse"); one > ridge/10 || next.Train.Steps(0) != 100 {
		t.Errorf("found rmse %g one step ahead and %g for 84", one, ridge)
	}
}

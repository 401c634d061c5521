package sets

import (
	"context"
	"fmt"

	"github.com/gruexp/gruexp/trainer/data"
)

// The Mackey-Glass equation dx/dt = β·x(t−τ)/(1 + x(t−τ)¹⁰) − γ·x(t) as it is usually posed (Mackey and Glass, Science
// 197, 1977): chaotic, as τ is above 16.8.
const (
	mackeyBeta  = 0.2
	mackeyGamma = 0.1
	mackeyDelay = 17  // τ, in units of time
	mackeyStart = 1.2 // x(t) for t ≤ 0

	mackeyPerUnit = 10   // steps of the integration per unit of time
	mackeySettle  = 1000 // units of time that are passed over
	mackeyRows    = 10000
	mackeyTrain   = 8000 // rows; half of the others validates
)

// mackeyForecast is the horizon that echo state networks are compared at (Jaeger and Haas, Science 304, 2004).
func mackeyForecast() *data.ForecastConfig {
	return &data.ForecastConfig{Target: "x", Window: 100, Horizon: 84}
}

// loadMackeyGlass makes the set mackey-glass, a row per unit of time.
func loadMackeyGlass(ctx context.Context, config data.Config, _ []string) (*data.Data, error) {
	x := mackeyGlass(mackeySettle + mackeyRows)[mackeySettle:]
	partOf := make([]data.Part, len(x))
	for row := range x {
		switch {
		case row >= (mackeyTrain+mackeyRows)/2:
			partOf[row] = data.TestPart
		case row >= mackeyTrain:
			partOf[row] = data.ValidPart
		}
	}
	t, err := data.Parse(ctx, "mackey-glass", &data.Columns{Names: []string{"x"}, Values: [][]float64{x}},
		data.Layout{Values: []string{"x"}, ValuesAreInputs: true}, &data.MemoryStore{})
	if err != nil {
		return nil, err
	}
	p, err := data.NewPanel(t, false)
	if err != nil {
		return nil, err
	}
	config.Missing = data.MissingConfig{}.WithDefaults()
	l := &data.Builder{Config: config, PartOf: map[*data.Panel][]data.Part{p: partOf}}
	return forecast(l, p, config.Forecast.Window)
}

// mackeyGlass returns x at the times 0, 1, … n−1, integrated by the fourth-order method of Runge and Kutta. Between two
// steps in the past x is the cubic that has their values and slopes.
//
// A difference in the last bit grows until it is all there is. Every product is therefore rounded by itself, which keeps
// processors with a fused multiply-add to the same series as others.
func mackeyGlass(n int) []float64 {
	const (
		h     = 1.0 / mackeyPerUnit
		delay = mackeyDelay * mackeyPerUnit
	)
	slope := func(now, past float64) float64 {
		square := float64(past * past)
		fourth := float64(square * square)
		tenth := float64(float64(fourth*fourth) * square)
		return float64(float64(mackeyBeta*past)/(1+tenth)) - float64(mackeyGamma*now)
	}
	steps := (n - 1) * mackeyPerUnit
	x, dx := make([]float64, steps+1), make([]float64, steps+1)
	x[0] = mackeyStart
	out := []float64{x[0]}
	for i := range steps {
		past, half, next := mackeyStart, mackeyStart, mackeyStart
		if j := i - delay; j >= 0 {
			past, next = x[j], x[j+1]
			half = float64((past+next)/2) + float64(h/8*(dx[j]-dx[j+1]))
		}
		k1 := slope(x[i], past)
		dx[i] = k1
		k2 := slope(x[i]+float64(h/2*k1), half)
		k3 := slope(x[i]+float64(h/2*k2), half)
		k4 := slope(x[i]+float64(h*k3), next)
		x[i+1] = x[i] + float64(h/6*(k1+float64(2*k2)+float64(2*k3)+k4))
		if (i+1)%mackeyPerUnit == 0 {
			out = append(out, x[i+1])
		}
	}
	return out
}

func mackeyParts() string {
	rest := (mackeyRows - mackeyTrain) / 2
	return fmt.Sprintf("%d units of time after the first %d; then %d each to validate and to test", mackeyTrain, mackeySettle, rest)
}

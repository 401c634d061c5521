package study

import (
	"context"
	"fmt"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/experiment/studies"
	"github.com/gruexp/gruexp/trainer/study"
)

// Comparison is a comparison that is carried out in a directory.
type Comparison struct{ *studies.Comparison }

// Search is a search that is carried out in a directory.
type Search struct{ *studies.Search }

// studyOptions are the options of runs for the library.
func studyOptions(o run.Options) studies.Options {
	return studies.Options{
		Extensions: o.Extensions,
		Run:        []experiment.Option{experiment.Threads(o.Threads), experiment.DataFiles(o.Data), experiment.Callbacks(o.Callbacks...)},
		Record: func(ctx context.Context, path string) (study.Definition, []study.Trial, error) {
			d, definition, err := openDir(ctx, path)
			if err != nil {
				return definition, nil, err
			}
			defer d.close()
			trials, err := d.trials(ctx)
			return definition, trials, err
		},
	}
}

// ReadComparison reads a study, built in or from a file, with changes to its base. Nothing is written.
func ReadComparison(ctx context.Context, source string, sets []string, options Options) (*Comparison, error) {
	o := studyOptions(options.Run)
	o.Set, o.Warn = sets, options.Warn
	c, err := studies.ReadComparison(ctx, source, o)
	return &Comparison{c}, err
}

// ReadSearch reads a search from a file, with changes to its base. Nothing is written.
func ReadSearch(ctx context.Context, source string, sets []string, options Options) (*Search, error) {
	o := studyOptions(options.Run)
	o.Set, o.Warn = sets, options.Warn
	s, err := studies.ReadSearch(ctx, source, o)
	return &Search{s}, err
}

// Name is that of the study.
func (c *Comparison) Name() string { return c.Plan().Name() }

// Name is that of the study.
func (s *Search) Name() string { return s.Plan().Name() }

// Run carries the study out in a directory, or continues it. Failed trials are repeated where retry says so.
func (c *Comparison) Run(ctx context.Context, path string, retry bool, options Options) (*studies.ComparisonResult, error) {
	p := c.Plan()
	d, trials, err := carryOut(ctx, path, p, retry, options, func(d *dir) error {
		for name, cfg := range c.Arms() {
			if _, err := d.writeConfig(cfg, armsDir, name+".yaml"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	defer d.close()
	r := p.Comparison(trials)
	if r.Tuned != nil {
		for name, one := range r.Tuned.Arms {
			if one.Trial == "" {
				continue
			}
			cfg, err := p.Config(study.Trial{Arm: name, Settings: one.Settings})
			if err != nil {
				return nil, err
			}
			if _, err = d.writeConfig(cfg, tunedDir, name+".yaml"); err != nil {
				return nil, err
			}
		}
	}
	d.locate(r)
	r.Test = nil
	return r, d.writeResult(r, r.Tables())
}

// LookAtTest adds what the arms reach on the test part. The record counts how often that was done.
func (c *Comparison) LookAtTest(ctx context.Context, r *studies.ComparisonResult) error {
	d, _, err := openDir(ctx, r.Dir)
	if err != nil {
		return err
	}
	defer d.close()
	trials, err := d.trials(ctx)
	if err != nil {
		return err
	}
	looks, err := d.store.Look(ctx)
	if err != nil {
		return d.failed(ctx, err)
	}
	r.Test = c.Plan().Test(trials, looks)
	return d.writeResult(r, r.Tables())
}

// Run carries the search out in a directory, or continues it; its budget may have grown. Failed trials are repeated where retry says so.
func (s *Search) Run(ctx context.Context, path string, retry bool, options Options) (*studies.SearchResult, error) {
	p := s.Plan()
	d, trials, err := carryOut(ctx, path, p, retry, options, func(*dir) error { return nil })
	if err != nil {
		return nil, err
	}
	defer d.close()
	r := p.Search(trials)
	cfg, err := p.Config(study.Trial{Settings: r.Best.Settings})
	if err != nil {
		return nil, err
	}
	if _, err = d.writeConfig(cfg, bestFile); err != nil {
		return nil, err
	}
	d.locateBest(r)
	return r, d.writeResult(r, r.Tables())
}

// carryOut carries out the trials of a study in its directory, which stays open where there is no error. Prepare writes what the trials
// need.
func carryOut(ctx context.Context, path string, p *studies.Plan, retry bool, options Options, prepare func(*dir) error) (d *dir, trials []study.Trial, err error) {
	if d, err = makeDir(ctx, path, p, options); err != nil {
		return nil, nil, err
	}
	if trials, err = d.carryOut(ctx, p, retry, options, prepare); err != nil {
		d.close()
		return nil, nil, err
	}
	return d, trials, nil
}

func (d *dir) carryOut(ctx context.Context, p *studies.Plan, retry bool, options Options, prepare func(*dir) error) ([]study.Trial, error) {
	if err := prepare(d); err != nil {
		return nil, err
	}
	if base := p.BaseText(); base != nil {
		if err := d.write(base, baseFile); err != nil {
			return nil, err
		}
	}
	if err := d.share(ctx, options); err != nil {
		return nil, err
	}
	if err := p.AddTrials(ctx, d.store, retry); err != nil { // now that their files are there
		return nil, d.failed(ctx, err)
	}
	if err := d.work(ctx, p, options); err != nil {
		return nil, err
	}
	trials, err := d.trials(ctx)
	if err != nil {
		return nil, err
	}
	if failed := studies.AnyDone(trials); failed != nil {
		return nil, fmt.Errorf("%s: %w; --retry repeats them", d.path, failed)
	}
	return trials, nil
}

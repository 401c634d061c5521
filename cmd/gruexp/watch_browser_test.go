//go:build unix

package main_test

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"
)

// A run in a browser, from its first epochs to its end: what changes is shown without loading the page again, what a reader has
// unfolded stays so, and the button stops the run.
func TestWatchInBrowser(t *testing.T) {
	t.Parallel()
	b := StartBrowser(t)
	file := experiment(t, classifySwings)
	runs := t.TempDir()
	out := filepath.Join(runs, "mine")
	mustRun(t, "train", file, "--out", filepath.Join(runs, "before"), "--quiet")
	long := []string{"--set", "trainer.max_epochs=600", "--set", "data.batch_size=1", "--set", "model.layers.0.gru.units=128"}
	training := start(t, command(t, append([]string{"train", file, "--out", out}, long...)...))
	if training.waitForEpochs(2) {
		t.Fatal(training.stderr.String())
	}
	w := watch(t, runs)
	p := b.Open(w.address, Look{})
	const live = `document.getElementById('connection').dataset.state === 'on'`
	const shownEpochs = `Number((document.querySelector('.verdict').textContent.match(/(\d+) epochs? so far/) || [])[1])`
	p.WaitFor(live)
	state := func(is string) string {
		return `document.querySelector('#head .state').textContent === '` + is + `'`
	}
	p.WaitFor(state("running"))
	if title := Eval[string](p, `document.title`); title != "mine: running" {
		t.Errorf("found the title %q", title)
	}
	if rows := Eval[string](p, `[...document.querySelectorAll('#list li')].map(r => r.dataset.title + ' ' + r.dataset.state).join()`); rows != "mine running,before finished" {
		t.Errorf("found the list %q, expected the newest first", rows)
	}
	p.WaitFor(`document.querySelectorAll('#body figure.chart .plot svg path').length > 3`)

	// New epochs come by themselves; the reader's place, what is unfolded and the focus stay.
	Eval[int](p, `window.mark = `+shownEpochs+`, document.querySelector('#body details[data-key]').open = true, document.querySelector('#list a').focus(), window.scrollTo(0, 300), 1`)
	p.WaitFor(shownEpochs + ` > window.mark + 1`)
	if found := Eval[string](p, `[document.querySelector('#body details[data-key]').open, document.activeElement.closest('#list') !== null, window.scrollY].join()`); found != "true,true,300" {
		t.Errorf("found %s, expected an unfolded part, the focus in the list and the place as they were", found)
	}

	// The log follows the run, and a page that is loaded again shows all of it again.
	Eval[int](p, `document.querySelector('#log summary').click(), 1`)
	const lines = `document.querySelector('#log pre').textContent.trim().split('\n').length`
	p.WaitFor(lines + ` > 3`)
	Eval[int](p, `window.lines = `+lines+`, 1`)
	p.WaitFor(lines + ` > window.lines`)
	p.Do(chromedp.Reload())
	if at := Eval[string](p, `location.search`); at != "?run=mine" {
		t.Errorf("found the address %q, expected that it names the run", at)
	}
	p.WaitFor(`window.mark === undefined && ` + live + ` && document.getElementById('log').open && ` + lines + ` > 3 && ` + state("running"))

	// Stopping takes two steps; the second may be taken back.
	Eval[int](p, `document.querySelector('.stop summary').click(), document.querySelector('[data-close]').click(), 1`)
	if Eval[bool](p, `document.querySelector('.stop').open`) {
		t.Error("found the question still open")
	}
	Eval[int](p, `window.mark = 1, document.querySelector('.stop summary').click(), document.querySelector('.stop button[type=submit]').click(), 1`)
	p.WaitFor(`document.getElementById('said').textContent !== '' && ` + state("interrupted"))
	training.rest(t).mustFail(t, 1, out+": interrupted by ")
	if said := Eval[string](p, `document.getElementById('said').textContent`); said != "mine: interrupted" && said != "Asked to stop." {
		t.Errorf("found %q said", said)
	}
	p.WaitFor(`document.querySelector('#log pre').textContent.includes('the request to stop')`)

	// It goes on in another process, and a new run appears beside it.
	resumed := start(t, command(t, "resume", out, "--quiet"))
	p.WaitFor(state("running") + ` && document.querySelector('.stop') !== null`)
	mustRun(t, "train", file, "--out", filepath.Join(runs, "sub", "<b>new</b>"), "--quiet")
	p.WaitFor(`document.querySelector('#list li').dataset.title === 'sub/<b>new</b>' && document.querySelector('#list li').dataset.state === 'finished'`)
	if o := resumed.stop(t, syscall.SIGTERM); o.code != 1 {
		t.Errorf("found %+v", o)
	}
	p.WaitFor(state("interrupted") + ` && window.mark === 1`)

	// A run that is over is shown as such, and its charts are drawn.
	done := b.Open(w.address+"?run="+url.QueryEscape("sub/<b>new</b>"), Look{Width: 390, Height: 800, Dark: true})
	done.WaitFor(live + ` && ` + state("finished") + ` && document.querySelectorAll('#body figure.chart .plot svg path').length > 3`)
	if wide := Eval[bool](done, `document.documentElement.scrollWidth > innerWidth`); wide {
		t.Error("found a page that is wider than a phone")
	}
	for _, request := range append(p.Requests(), done.Requests()...) {
		if !strings.HasPrefix(request, w.address) {
			t.Errorf("found a request for %s", request)
		}
	}
	if said := append(p.Messages(), done.Messages()...); len(said) > 0 {
		t.Errorf("found messages of the browser: %v", said)
	}

	// The page says when nobody answers any more.
	if o := w.stop(t, syscall.SIGTERM); o.code != 0 {
		t.Errorf("found %+v", o)
	}
	p.WaitFor(`document.getElementById('connection').textContent.startsWith('Connection lost')`)

	// Another server at its place is taken note of: the page is loaded anew, since it needs another token.
	address, err := url.Parse(w.address)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp4", address.Host)
	if err != nil {
		t.Fatal(err)
	}
	loaded := make(chan string, 10)
	other := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/events":
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, "event: change\ndata: {\"server\": \"another\"}\n\n")
		case "/":
			loaded <- r.URL.RawQuery
		}
	})}
	go func() { _ = other.Serve(listener) }()
	defer other.Close()
	for <-loaded != "run=mine" { // the other page is loaded anew too
	}
}

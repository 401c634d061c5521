package watch

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// guard lets through what the page itself asks for. Another page in the same browser can send requests to 127.0.0.1 too: under a
// name of its own that it lets point there (the host tells), from its own origin (the browser tells), or as a form. Nothing of an
// answer may be read or shown by it either.
type guard struct {
	hosts []string // that the page is asked for by: address and port
	token string   // in the page, and wanted back from whatever changes something
	next  http.Handler
}

// newGuard guards the server of a port.
func newGuard(port int, next http.Handler) *guard {
	return &guard{
		hosts: hostsOf(port),
		token: rand.Text(), next: next,
	}
}

// policy allows what the page is made of. The library of charts sets styles of single elements, which can load nothing.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// hostsOf are the names by which a page asks. Clients leave out the port of HTTP.
func hostsOf(port int) []string {
	hosts := []string{fmt.Sprintf("127.0.0.1:%d", port), fmt.Sprintf("localhost:%d", port)}
	const usual = 80
	if port == usual {
		hosts = append(hosts, "127.0.0.1", "localhost")
	}
	return hosts
}

// ServeHTTP refuses, or passes on.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if status, what, found, expected := g.judge(r); status != 0 {
		refuse(w, status, what, found, expected)
		return
	}
	g.next.ServeHTTP(w, r)
}

// judge gives the status to refuse a request with, 0 for none.
func (g *guard) judge(r *http.Request) (status int, what, found, expected string) {
	if !slices.Contains(g.hosts, r.Host) {
		return http.StatusMisdirectedRequest, "another host", fmt.Sprintf("%q", r.Host), g.hosts[0]
	}
	own := "http://" + r.Host
	origin, given := r.Header.Get("Origin"), len(r.Header.Values("Origin")) > 0
	if given && origin != own {
		return http.StatusForbidden, "another origin", fmt.Sprintf("%q", origin), own
	}
	site := r.Header.Get("Sec-Fetch-Site")
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		// A link from elsewhere may lead to the page; nothing else from elsewhere gets an answer.
		if site != "" && site != "same-origin" && site != "none" && (r.URL.Path != "/" || r.Header.Get("Sec-Fetch-Mode") != "navigate") {
			return http.StatusForbidden, "another site", fmt.Sprintf("%q", site), "same-origin"
		}
	case http.MethodPost:
		if !given && site != "same-origin" || site != "" && site != "same-origin" {
			return http.StatusForbidden, "no sign that the page has sent it", fmt.Sprintf("Sec-Fetch-Site %q, no Origin or another", site), "the header Origin: " + own
		}
	default:
		return http.StatusMethodNotAllowed, "wrong method", r.Method, "GET or POST"
	}
	return 0, "", "", ""
}

// knows says whether a token is the page's.
func (g *guard) knows(token string) bool {
	return subtle.ConstantTimeCompare([]byte(token), []byte(g.token)) == 1
}

// refuse answers in the form of gruexp's errors.
func refuse(w http.ResponseWriter, status int, what, found, expected string) {
	text := fmt.Sprintf("watch: %s (found %s, expected %s)", what, found, expected)
	http.Error(w, strings.Map(printable, text), status)
}

// printable leaves out control characters.
func printable(r rune) rune {
	if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
		return -1
	}
	return r
}

package watch

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// A client leaves the port out of its requests where it is the usual one of HTTP, and only there.
func TestHostsOfAPort(t *testing.T) {
	t.Parallel()
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	for _, c := range []struct {
		port   int
		host   string
		status int
	}{
		{80, "127.0.0.1", http.StatusOK},
		{80, "localhost", http.StatusOK},
		{80, "127.0.0.1:80", http.StatusOK},
		{80, "example.org", http.StatusMisdirectedRequest},
		{80, "example.org:80", http.StatusMisdirectedRequest},
		{8080, "127.0.0.1:8080", http.StatusOK},
		{8080, "127.0.0.1", http.StatusMisdirectedRequest},
		{8080, "localhost:80", http.StatusMisdirectedRequest},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = c.host
		w := httptest.NewRecorder()
		newGuard(c.port, next).ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("port %d, host %s: found status %d, expected %d", c.port, c.host, w.Code, c.status)
		}
	}
}

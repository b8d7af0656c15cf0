package moor

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// Options say where Moor is, and which pool this server belongs to.
type Options struct {
	// Issuer is Moor's MOOR_ISSUER, an http or https URL.
	Issuer string
	// Audience is the id of this server's pool.
	Audience string
	// URL is where this server reaches Moor, for the keys and the session API. Default: Issuer.
	URL string
	// Client sends the requests to Moor. Default: a client with a timeout of five seconds that follows no redirect.
	Client *http.Client
	// Logger takes the faults that no caller can be told. Default: slog.Default().
	Logger *slog.Logger
	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

// FromEnvironment reads MOOR_ISSUER, MOOR_AUDIENCE and MOOR_URL.
func FromEnvironment() Options {
	return Options{Issuer: os.Getenv("MOOR_ISSUER"), Audience: os.Getenv("MOOR_AUDIENCE"), URL: os.Getenv("MOOR_URL")}
}

const timeout = 5 * time.Second

func (o Options) withDefaults() (Options, error) {
	if o.URL == "" {
		o.URL = o.Issuer
	}
	for name, value := range map[string]string{"Issuer": o.Issuer, "URL": o.URL} {
		parsed, err := url.Parse(value)
		if err != nil || parsed.Host == "" || (parsed.Scheme != "http" && parsed.Scheme != "https") {
			return o, fmt.Errorf("moor: %s must be an http or https URL, not %q", name, value)
		}
	}
	if o.Audience == "" {
		return o, fmt.Errorf("moor: Audience must be the id of a pool")
	}
	o.URL = strings.TrimRight(o.URL, "/")
	if o.Client == nil {
		// A redirect could carry the handoff elsewhere.
		stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		o.Client = &http.Client{Timeout: timeout, CheckRedirect: stay}
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, nil
}

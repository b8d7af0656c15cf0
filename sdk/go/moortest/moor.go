// Package moortest is a small fake Moor, so that the tests of an application need no Moor.
//
//	fake := moortest.Start(t)
//	keeper, err := moor.New(fake.Options())
//	visitor := fake.Visitor(keeper.Wrap(application))
//	response := visitor.Do(httptest.NewRequest("GET", "/", nil))
package moortest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"moor.example/moor"
)

const (
	issuer   = "https://moor.test"
	audience = "app"
	kid      = "test"
	// Larger attributes do not travel in the handoff.
	dataBytes = 2_048
)

// Moor is a fake Moor. It serves its key and the session API on loopback, and signs handoffs.
type Moor struct {
	url string
	key *ecdsa.PrivateKey

	mutex    sync.Mutex
	visitors map[string]*Visitor
	count    int
}

// Start starts a fake Moor that stops with the test.
func Start(t testing.TB) *Moor {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	fake := &Moor{key: key, visitors: map[string]*Visitor{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.moor/jwks.json", fake.serveKeys)
	mux.HandleFunc("/.moor/session", fake.serveSession)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	fake.url = server.URL
	return fake
}

// Options are those of a server behind this Moor.
func (m *Moor) Options() moor.Options {
	return moor.Options{Issuer: issuer, Audience: audience, URL: m.url}
}

// Handoff signs a handoff with these claims in place of the usual claims; nil takes a claim away.
func (m *Moor) Handoff(claims map[string]any) string {
	now := time.Now().Unix()
	all := map[string]any{"iss": issuer, "aud": audience, "iat": now, "exp": now + 60, "gen": 0, "ver": 0, "new": true}
	for name, claim := range claims {
		all[name] = claim
		if claim == nil {
			delete(all, name)
		}
	}
	text := encoded(map[string]string{"alg": "ES256", "kid": kid, "typ": "JWT"}) + "." + encoded(all)
	digest := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, m.key, digest[:])
	if err != nil {
		panic(err) // the random source of the system is broken
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func (m *Moor) serveKeys(response http.ResponseWriter, _ *http.Request) {
	x, y := make([]byte, 32), make([]byte, 32)
	jwk := map[string]string{
		"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid,
		"x": base64.RawURLEncoding.EncodeToString(m.key.X.FillBytes(x)),
		"y": base64.RawURLEncoding.EncodeToString(m.key.Y.FillBytes(y)),
	}
	answer(response, http.StatusOK, map[string]any{"keys": []any{jwk}})
}

func (m *Moor) serveSession(response http.ResponseWriter, request *http.Request) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	visitor := m.visitors[request.Header.Get("Authorization")]
	if visitor == nil {
		answer(response, http.StatusUnauthorized, map[string]any{"title": "The handoff is unknown."})
		return
	}
	if visitor.id == "" {
		answer(response, http.StatusConflict, map[string]any{"title": "The session is not stored yet."})
		return
	}
	switch request.Method {
	case http.MethodPatch:
		var patch map[string]any
		if err := json.NewDecoder(request.Body).Decode(&patch); err != nil {
			answer(response, http.StatusBadRequest, map[string]any{"title": err.Error()})
			return
		}
		merge(visitor.attributes, patch)
		visitor.version++
	case http.MethodDelete:
		visitor.end()
		response.WriteHeader(http.StatusNoContent)
		return
	}
	answer(response, http.StatusOK, map[string]any{
		"id": visitor.id, "version": visitor.version, "generation": visitor.generation, "attributes": visitor.attributes,
	})
}

func answer(response http.ResponseWriter, status int, body map[string]any) {
	response.Header().Set("Content-Type", "application/json")
	response.WriteHeader(status)
	if err := json.NewEncoder(response).Encode(body); err != nil {
		panic(http.ErrAbortHandler) // the client is gone
	}
}

func encoded(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("a claim is not JSON: %v", err))
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

package moor

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"
)

const (
	// Keys count for as long as their Cache-Control says, within these bounds.
	mostFresh  = 5 * time.Minute
	leastFresh = 30 * time.Second
	// How soon keys are read again after a failure.
	againAfterFailure = 30 * time.Second
	// How soon keys are read again for another handoff that fits no known key. Anybody can send such a handoff.
	againForUnfit = 5 * time.Second
	// How long keys count at most, from when they were read, while they cannot be read again.
	mostStale = time.Hour
)

// keySet holds Moor's public keys (RFC 7517), which it reads on first use.
type keySet struct {
	url    string
	client *http.Client
	now    func() time.Time

	mutex       sync.Mutex
	keys        map[string]*ecdsa.PublicKey
	freshUntil  time.Time
	usableUntil time.Time
	askedAt     time.Time
	soughtAt    time.Time
	failure     error
	// reading is closed when the read that is under way is over; nil: no read is under way.
	reading chan struct{}
}

// find returns the key of a kid, and nil if Moor publishes no such key. `unfit` is a key that a signature did not fit:
// the kid is then looked up again for another key.
func (s *keySet) find(kid string, unfit *ecdsa.PublicKey) (*ecdsa.PublicKey, error) {
	s.mutex.Lock()
	if key := s.known(kid, unfit); key != nil && s.now().Before(s.freshUntil) {
		s.mutex.Unlock()
		return key, nil
	}
	reading := s.readIfDue()
	s.mutex.Unlock()
	if reading != nil {
		<-reading
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	key := s.known(kid, unfit)
	if key == nil && s.failure != nil {
		return nil, &Error{KeysUnavailable, "Moor's public keys cannot be read from " + s.url, s.failure}
	}
	return key, nil
}

func (s *keySet) known(kid string, unfit *ecdsa.PublicKey) *ecdsa.PublicKey {
	key := s.keys[kid]
	if key == nil || !s.now().Before(s.usableUntil) || (unfit != nil && key.Equal(unfit)) {
		return nil
	}
	return key
}

// readIfDue returns the read to wait for, if there is any. Requests that come at once share a read.
func (s *keySet) readIfDue() chan struct{} {
	if s.reading != nil {
		return s.reading
	}
	now := s.now()
	isFresh := now.Before(s.freshUntil)
	next := s.askedAt.Add(againAfterFailure)
	if isFresh {
		next = s.soughtAt.Add(againForUnfit)
	}
	if now.Before(s.usableUntil) && now.Before(next) {
		return nil
	}
	if isFresh {
		s.soughtAt = now
	}
	s.askedAt = now
	s.reading = make(chan struct{})
	go s.read(now)
	return s.reading
}

func (s *keySet) read(at time.Time) {
	keys, fresh, err := fetchKeys(s.client, s.url)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.failure = err
	if err == nil {
		s.keys, s.freshUntil, s.usableUntil = keys, at.Add(fresh), at.Add(mostStale)
	}
	close(s.reading)
	s.reading = nil
}

func fetchKeys(client *http.Client, url string) (map[string]*ecdsa.PublicKey, time.Duration, error) {
	response, err := client.Get(url)
	if err != nil {
		return nil, 0, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, 0, fmt.Errorf("the answer has status %d", response.StatusCode)
	}
	var document struct {
		Keys []struct{ Kty, Crv, Use, Alg, Kid, X, Y string }
	}
	if err := json.NewDecoder(response.Body).Decode(&document); err != nil {
		return nil, 0, err
	}
	keys := map[string]*ecdsa.PublicKey{}
	for _, jwk := range document.Keys {
		// RFC 7517, section 5: keys of other kinds are ignored.
		isES256 := jwk.Kty == "EC" && jwk.Crv == "P-256" && (jwk.Alg == "" || jwk.Alg == "ES256")
		if !isES256 || (jwk.Use != "" && jwk.Use != "sig") {
			continue
		}
		key, err := publicKey(jwk.X, jwk.Y)
		if err != nil {
			return nil, 0, err
		}
		keys[jwk.Kid] = key
	}
	return keys, freshFor(response.Header), nil
}

func publicKey(x, y string) (*ecdsa.PublicKey, error) {
	encoding := base64.RawURLEncoding
	left, err := encoding.DecodeString(x)
	if err != nil {
		return nil, err
	}
	right, err := encoding.DecodeString(y)
	if err != nil {
		return nil, err
	}
	// The point must be on the curve.
	if _, err := ecdh.P256().NewPublicKey(append(append([]byte{4}, left...), right...)); err != nil {
		return nil, err
	}
	point := ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(left), Y: new(big.Int).SetBytes(right)}
	return &point, nil
}

var (
	noStore = regexp.MustCompile(`(?i)(^|[\s,])no-(store|cache)\b`)
	maxAge  = regexp.MustCompile(`(?i)(?:^|[\s,])max-age="?(\d+)`)
)

// freshFor is how long an answer may be used (RFC 9111, section 4.2), within the bounds.
func freshFor(header http.Header) time.Duration {
	control := header.Get("Cache-Control")
	if noStore.MatchString(control) {
		return leastFresh
	}
	found := maxAge.FindStringSubmatch(control)
	if found == nil {
		return mostFresh
	}
	seconds, err := strconv.Atoi(found[1])
	if err != nil {
		return mostFresh
	}
	if age, err := strconv.Atoi(header.Get("Age")); err == nil {
		seconds -= age
	}
	return min(max(time.Duration(seconds)*time.Second, leastFresh), mostFresh)
}

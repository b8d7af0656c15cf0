package moor

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"time"
)

const (
	// Above any handoff that Moor makes.
	handoffCharacters = 32_768
	clockTolerance    = 15 * time.Second
	// ES256 has two numbers of 32 bytes.
	signatureBytes      = 64
	signatureCharacters = 86
)

// claims of a handoff; docs/guide/origin.md lists them.
type claims struct {
	Issuer     string                     `json:"iss"`
	Audience   string                     `json:"aud"`
	IssuedAt   *int64                     `json:"iat"`
	ExpiresAt  *int64                     `json:"exp"`
	ID         string                     `json:"sid"`
	Generation int64                      `json:"gen"`
	Version    int64                      `json:"ver"`
	Principal  string                     `json:"sub"`
	IsNew      bool                       `json:"new"`
	Flash      map[string]json.RawMessage `json:"flash"`
	// Data is nil if the attributes were too large for the handoff.
	Data map[string]json.RawMessage `json:"data"`
	// Login is nil unless Moor has logged the visitor in at a provider.
	Login json.RawMessage `json:"login"`
	// login is the same, read.
	login *ProviderLogin
}

// verify checks a handoff (RFC 7515, 7519): ES256, a published key, this issuer, this audience, and its lifetime.
func (m *Moor) verify(jwt string) (*claims, error) {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 || len(parts[2]) != signatureCharacters || len(jwt) > handoffCharacters {
		return nil, fault(HandoffMalformed, "the handoff is no compact JWT that is signed with ES256")
	}
	var header struct {
		Algorithm string          `json:"alg"`
		Type      string          `json:"typ"`
		KeyID     *string         `json:"kid"`
		Critical  json.RawMessage `json:"crit"`
	}
	if err := parsePart(parts[0], &header); err != nil {
		return nil, err
	}
	if header.Algorithm != "ES256" {
		return nil, fault(HandoffUntrusted, "the handoff's algorithm is not ES256")
	}
	if header.Type != "JWT" || header.KeyID == nil || header.Critical != nil {
		return nil, fault(HandoffMalformed, "the handoff's header is not a header of Moor")
	}
	if err := m.verifySignature(jwt, parts, *header.KeyID); err != nil {
		return nil, err
	}
	found := &claims{}
	if err := parsePart(parts[1], found); err != nil {
		return nil, err
	}
	if err := m.verifyClaims(found); err != nil {
		return nil, err
	}
	if found.Login != nil {
		login, err := readLogin(found.Login)
		if err != nil {
			return nil, err
		}
		found.login = login
	}
	return found, nil
}

func (m *Moor) verifySignature(jwt string, parts []string, kid string) error {
	signature, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(signature) != signatureBytes {
		return &Error{HandoffMalformed, "the handoff's signature is not base64url", err}
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	// ES256 has r and s side by side (RFC 7518, section 3.4).
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	var unfit *ecdsa.PublicKey
	// Only the name ties a kid to its key: by now Moor may publish another key under it.
	for range 2 {
		key, err := m.keys.find(kid, unfit)
		if err != nil {
			return err
		}
		if key == nil {
			break
		}
		if m.known.isSignedBy(jwt, key) || ecdsa.Verify(key, digest[:], r, s) {
			m.known.add(jwt, key)
			return nil
		}
		unfit = key
	}
	return fault(HandoffUntrusted, "no key that Moor publishes has signed the handoff")
}

func (m *Moor) verifyClaims(found *claims) error {
	if found.Issuer != m.options.Issuer {
		return fault(HandoffMisdirected, fmt.Sprintf("the handoff's issuer is %q, not %q", found.Issuer, m.options.Issuer))
	}
	if found.Audience != m.options.Audience {
		return fault(HandoffMisdirected, fmt.Sprintf("the handoff's audience is %q, not %q", found.Audience, m.options.Audience))
	}
	if found.IssuedAt == nil || found.ExpiresAt == nil {
		return fault(HandoffMalformed, "the handoff says no lifetime")
	}
	now := m.options.Now()
	from, until := time.Unix(*found.IssuedAt, 0).Add(-clockTolerance), time.Unix(*found.ExpiresAt, 0).Add(clockTolerance)
	if now.Before(from) || !now.Before(until) {
		return fault(HandoffExpired, fmt.Sprintf("the handoff is valid until %d; it is %d", *found.ExpiresAt, now.Unix()))
	}
	return nil
}

func parsePart(part string, target any) error {
	text, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err == nil {
		err = json.Unmarshal(text, target)
	}
	if err != nil {
		return &Error{HandoffMalformed, "a part of the handoff is not JSON of the right form", err}
	}
	return nil
}

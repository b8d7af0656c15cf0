package moor

import (
	"encoding/json"
	"time"
)

// ProviderLogin says how a visitor has logged in at a provider, before the request reached this server.
type ProviderLogin struct {
	// Issuer is the OpenID Connect provider. The principal is its "sub".
	Issuer string
	// At is the time at which Moor saw the login.
	At time.Time
	// AuthAt is the time at which the provider saw the visitor prove who they are. It is zero if the provider did not say.
	AuthAt time.Time
	// ACR is the method of the login in the provider's words, or "".
	ACR string
	AMR []string
	// Roles are the roles of Moor's configuration that the visitor has.
	Roles []string
	// Claims are the claims that Moor's configuration names. The map is empty if the pool sees only some attributes.
	Claims map[string]any
}

// ProviderLogin is the login that Moor made at a provider, or nil.
func (s *Session) ProviderLogin() *ProviderLogin { return s.claimed().login }

// readLogin reads the claim "login" of a handoff.
func readLogin(claim json.RawMessage) (*ProviderLogin, error) {
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(claim, &members); err != nil || string(claim) == "null" {
		return nil, &Error{HandoffMalformed, "the handoff's login is not an object", err}
	}
	login := &ProviderLogin{AMR: []string{}, Roles: []string{}, Claims: map[string]any{}}
	var at, authAt uint64
	for _, member := range []struct {
		name       string
		target     any
		isOptional bool
	}{
		{"iss", &login.Issuer, false},
		{"at", &at, false},
		{"roles", &login.Roles, false},
		{"auth_at", &authAt, true},
		{"acr", &login.ACR, true},
		{"amr", &login.AMR, true},
		{"claims", &login.Claims, true},
	} {
		found, isThere := members[member.name]
		if !isThere && member.isOptional {
			continue
		}
		if !isThere || string(found) == "null" {
			return nil, fault(HandoffMalformed, "the handoff's login has no "+member.name)
		}
		if err := json.Unmarshal(found, member.target); err != nil {
			return nil, &Error{HandoffMalformed, "the handoff's login has another type of " + member.name, err}
		}
	}
	login.At = time.Unix(int64(at), 0).UTC()
	if _, isThere := members["auth_at"]; isThere {
		login.AuthAt = time.Unix(int64(authAt), 0).UTC()
	}
	return login, nil
}

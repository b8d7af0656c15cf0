package moor

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Session is the session of a request. It records changes, also changes inside a map or slice that Get returned. The
// changes leave with the response's headers, and Moor commits them before the visitor sees the response. Changes after
// the headers are stored when the handler returns, or by Save. Several goroutines may use a session.
//
// A request without a handoff has an empty session. Its changes are dropped, with a line in the log.
type Session struct {
	moor *Moor
	path string
	api  sessionAPI

	mutex sync.Mutex
	// claims is nil if the request has no handoff.
	claims *claims
	// stored has the attributes as Moor knows them, with the changes on their way.
	stored map[string]json.RawMessage
	values map[string]any
	flash  object
	// version is the newest version that a call of the session API has told.
	version   int64
	principal string
	cleared   bool
	rotates   bool
	ended     bool
	// sent: the headers are sent.
	sent bool
}

// ID is the session's id; "" as long as the session is not stored.
func (s *Session) ID() string { return s.claimed().ID }

// IsNew reports whether the session is not stored yet.
func (s *Session) IsNew() bool { return s.claims == nil || s.claims.IsNew }

// Principal is the id of the user whom the session belongs to, or "" before a login. A rotation keeps it: whether a user is
// logged in is for an attribute to say.
func (s *Session) Principal() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	principal := s.principal
	if principal == "" && !s.cleared {
		principal = s.claimed().Principal
	}
	if user, err := url.PathUnescape(principal); err == nil {
		return user
	}
	return principal
}

// Get returns an attribute's value, or nil if there is no such attribute.
func (s *Session) Get(name string) any {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.values[name]
}

// Names returns the names of the attributes, in order.
func (s *Session) Names() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Sorted(maps.Keys(s.values))
}

// Set stores a value under a name. Types other than the types of encoding/json must be registered with gob.Register.
func (s *Session) Set(name string, value any) error {
	if _, err := encode(value); err != nil {
		return err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.values[name] = value
	// A session that goes on with new values is rotated, never ended.
	s.ended = false
	return nil
}

// Delete removes an attribute. Removing an absent attribute changes nothing.
func (s *Session) Delete(name string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.values, name)
}

// Flash returns a value that an earlier response left for this request alone, or nil.
func (s *Session) Flash(name string) any {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	value, err := fromJSON(s.claimed().Flash[name])
	if err != nil {
		return nil
	}
	return value
}

// SetFlash leaves a JSON value for the next page, which alone is shown it. All of them together may have 2 KiB.
// HeadersSent after the headers.
func (s *Session) SetFlash(name string, value any) error {
	return s.beforeHeaders(func() { s.flash[name] = value })
}

// Regenerate gives the visitor's token a new generation, and keeps the attributes: tokens of before stop working.
// HeadersSent after the headers.
func (s *Session) Regenerate() error {
	return s.beforeHeaders(func() { s.rotates = true })
}

// Clear removes everything, and gives the visitor's token a new generation. HeadersSent after the headers.
func (s *Session) Clear() error {
	return s.beforeHeaders(s.clear)
}

// Login makes the session a user's, and gives the visitor's token a new generation. A session of no user keeps its
// attributes. In a session of another user the attributes of that user are gone. Call it only when credentials have
// been checked. Bytes that are not visible ASCII, and each "%", travel percent-encoded. HeadersSent after the headers,
// PrincipalMalformed for an id of 0 or more than 256 characters after that.
func (s *Session) Login(user string) error {
	principal := percentEncoded(user)
	if principal == "" || len(principal) > 256 {
		return fault(PrincipalMalformed, "a principal is 1 to 256 visible ASCII characters")
	}
	return s.beforeHeaders(func() { s.principal = principal })
}

// End ends the session for good. If the request sets a value after that, the session is rotated with that value alone.
func (s *Session) End() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.clear()
	s.ended = true
}

func (s *Session) clear() {
	s.values, s.flash, s.principal = map[string]any{}, object{}, ""
	s.cleared, s.rotates = true, true
}

func (s *Session) beforeHeaders(change func()) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.sent {
		return fault(HeadersSent, "the response's headers are sent, and only they can carry this change")
	}
	change()
	return nil
}

func (s *Session) markSent() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.sent = true
}

func (s *Session) claimed() *claims {
	if s.claims == nil {
		return &claims{IsNew: true}
	}
	return s.claims
}

// load takes over attributes as Moor has them.
func (s *Session) load(attributes map[string]json.RawMessage) error {
	for name, attribute := range attributes {
		value, err := decode(attribute)
		if err != nil {
			return &Error{ValueUnfit, fmt.Sprintf("the attribute %q cannot be read", name), err}
		}
		s.stored[name], s.values[name] = attribute, value
	}
	return nil
}

func percentEncoded(user string) string {
	var encoded strings.Builder
	for _, char := range []byte(user) {
		if char > 0x20 && char < 0x7f && char != '%' {
			encoded.WriteByte(char)
		} else {
			fmt.Fprintf(&encoded, "%%%02X", char)
		}
	}
	return encoded.String()
}

package moor

import (
	"errors"
	"net/http"
)

// Code says why the drop-in refused. The list is closed.
type Code string

const (
	// HandoffMalformed: the Moor-Session header is not a handoff of Moor.
	HandoffMalformed Code = "handoff-malformed"
	// HandoffUntrusted: no key that Moor publishes has signed it with ES256.
	HandoffUntrusted Code = "handoff-untrusted"
	// HandoffMisdirected: Moor signed it, but for another issuer or another pool.
	HandoffMisdirected Code = "handoff-misdirected"
	// HandoffExpired: it is outside its lifetime, by more than 15 seconds.
	HandoffExpired Code = "handoff-expired"
	// KeysUnavailable: Moor's public keys cannot be read.
	KeysUnavailable Code = "keys-unavailable"
	// SessionUnavailable: the session API did not answer. Whether it did the work is unknown.
	SessionUnavailable Code = "session-unavailable"
	// SessionNotStored: the session API knows no such session yet. The first change goes with the response.
	SessionNotStored Code = "session-not-stored"
	// SessionOver: the session has ended, or has a newer generation than the request.
	SessionOver Code = "session-over"
	// SessionRefused: the session API does not take the change.
	SessionRefused Code = "session-refused"
	// ChangeTooLarge: the changes are more than a response may carry.
	ChangeTooLarge Code = "change-too-large"
	// HeadersSent: the action needs response headers, and they are on their way already.
	HeadersSent Code = "headers-sent"
	// ValueUnfit: an attribute's value cannot be stored, or cannot be read again.
	ValueUnfit Code = "value-unfit"
	// PrincipalMalformed: a principal is 1 to 256 visible ASCII characters.
	PrincipalMalformed Code = "principal-malformed"
	// HandlerMissing: the request did not pass through the handler that Wrap makes.
	HandlerMissing Code = "handler-missing"
)

// Error is every fault that this package reports.
type Error struct {
	Code    Code
	Message string
	Cause   error
}

func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Message
	}
	return e.Message + ": " + e.Cause.Error()
}

func (e *Error) Unwrap() error { return e.Cause }

func fault(code Code, message string) *Error { return &Error{Code: code, Message: message} }

// Status is the HTTP status that fits a fault of this package: 403 for a handoff that is refused, 503 while Moor does
// not answer or the session is over, and 500 for a change that cannot be stored.
func Status(err error) int {
	var known *Error
	if !errors.As(err, &known) {
		return http.StatusInternalServerError
	}
	switch known.Code {
	case HandoffMalformed, HandoffUntrusted, HandoffMisdirected, HandoffExpired:
		return http.StatusForbidden
	case KeysUnavailable, SessionUnavailable, SessionOver:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

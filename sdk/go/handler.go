// Package moor keeps the sessions of an application behind Moor: they survive the server.
//
//	keeper, err := moor.New(moor.FromEnvironment())
//	http.ListenAndServe(address, keeper.Wrap(mux))
//
// A handler asks FromRequest for the session. moor.example/moor/gorilla is a Store for gorilla/sessions.
package moor

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
)

// Moor is the Moor in front of this server. Make it once per process: it keeps Moor's public keys.
type Moor struct {
	options Options
	keys    *keySet
	known   knownHandoffs
}

// New fails if an option is out of its bounds.
func New(options Options) (*Moor, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	keys := &keySet{url: options.URL + "/.moor/jwks.json", client: options.Client, now: options.Now}
	return &Moor{options: options, keys: keys}, nil
}

// Wrap gives the requests of a handler their sessions, and sends the changes with its responses. If the session that
// the handler asked for cannot be read or stored, the response becomes an error: 403, 500 or 503, as Status says.
func (m *Moor) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		exchange := &exchange{moor: m, request: request}
		request = request.WithContext(context.WithValue(request.Context(), contextKey{}, exchange))
		writer := &writer{ResponseWriter: response, exchange: exchange}
		next.ServeHTTP(writer, request)
		writer.commit()
		if err := exchange.saveLate(); err != nil {
			m.options.Logger.Error("moor: a change after the headers is lost", "path", request.URL.Path, "error", err)
		}
	})
}

// FromRequest returns the session of a request. Its faults are of the type Error. The response of a request whose
// session cannot be read becomes an error, whatever the handler does.
func FromRequest(request *http.Request) (*Session, error) {
	exchange, isWrapped := request.Context().Value(contextKey{}).(*exchange)
	if !isWrapped {
		return nil, fault(HandlerMissing, "moor: the request did not pass through the handler that Wrap makes")
	}
	return exchange.open()
}

type contextKey struct{}

// exchange is a request with its session, which is opened on first use.
type exchange struct {
	moor    *Moor
	request *http.Request

	mutex   sync.Mutex
	session *Session
	failure error
	sent    bool
}

func (e *exchange) open() (*Session, error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.session == nil && e.failure == nil {
		e.session, e.failure = e.moor.session(e.request)
		if e.failure == nil {
			e.session.sent = e.sent
		}
	}
	return e.session, e.failure
}

func (m *Moor) session(request *http.Request) (*Session, error) {
	session := &Session{
		moor:   m,
		path:   request.URL.Path,
		stored: map[string]json.RawMessage{},
		values: map[string]any{},
		flash:  object{},
	}
	handoff, isThere := request.Header["Moor-Session"]
	if !isThere {
		return session, nil
	}
	jwt := strings.Join(handoff, ", ")
	claims, err := m.verify(jwt)
	if err != nil {
		return nil, err
	}
	session.claims, session.api = claims, sessionAPI{options: &m.options, handoff: jwt}
	if claims.ID == "" || claims.Data != nil {
		return session, session.load(claims.Data)
	}
	answer, err := session.api.read(request.Context())
	if err != nil {
		return nil, &Error{SessionUnavailable, "the attributes cannot be read", err}
	}
	return session, session.load(answer.Attributes)
}

// beforeHeaders puts the changes on the headers that are about to be sent.
func (e *exchange) beforeHeaders(header http.Header) error {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.sent = true
	if e.session == nil || e.failure != nil {
		return e.failure
	}
	return e.session.commit(e.request.Context(), header)
}

// withoutHeaders has every change stored by the session API.
func (e *exchange) withoutHeaders() {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.sent = true
	if e.session != nil {
		e.session.markSent()
	}
}

func (e *exchange) saveLate() error {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.session == nil || e.failure != nil {
		return nil
	}
	return e.session.Save(e.request.Context())
}

// writer sends the changes with the headers. http.ResponseController finds the writer below it by Unwrap.
type writer struct {
	http.ResponseWriter
	exchange  *exchange
	committed bool
	refused   bool
}

func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *writer) WriteHeader(status int) {
	if isInformational(status) {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	if w.committed {
		if !w.refused {
			w.ResponseWriter.WriteHeader(status)
		}
		return
	}
	w.commit()
	if !w.refused {
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *writer) Write(body []byte) (int, error) {
	w.commit()
	if w.refused {
		return len(body), nil
	}
	return w.ResponseWriter.Write(body)
}

// ReadFrom lets the server below copy files without a buffer.
func (w *writer) ReadFrom(source io.Reader) (int64, error) {
	w.commit()
	if w.refused {
		return io.Copy(io.Discard, source)
	}
	return io.Copy(w.ResponseWriter, source)
}

func (w *writer) Flush() {
	w.commit()
	// A writer that cannot flush sends everything at the end, which Flush cannot report.
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

// Hijack hands the connection over. No header can carry a change after that: the session API does.
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if !w.committed {
		w.committed = true
		w.exchange.withoutHeaders()
	}
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// commit does its work once, before the headers of the response are sent.
func (w *writer) commit() {
	if w.committed {
		return
	}
	w.committed = true
	if err := w.exchange.beforeHeaders(w.Header()); err != nil {
		w.refuse(err)
	}
}

// refuse sends an error in place of the handler's response, because a change that is not stored is no success.
func (w *writer) refuse(err error) {
	w.refused = true
	w.exchange.moor.options.Logger.Error("moor: a session cannot be used", "path", w.exchange.request.URL.Path, "error", err)
	header := w.Header()
	clear(header)
	header.Set("Cache-Control", "no-store")
	http.Error(w.ResponseWriter, "the session cannot be used", Status(err))
}

func isInformational(status int) bool {
	return status >= 100 && status < 200 && status != http.StatusSwitchingProtocols
}

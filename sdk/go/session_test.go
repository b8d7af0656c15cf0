package moor_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"moor.example/moor"
	"moor.example/moor/moortest"
)

// site is an application behind a fake Moor. A test sets the handler of the next request.
type site struct {
	*moortest.Visitor
	t       *testing.T
	fake    *moortest.Moor
	wrapped http.Handler
	logged  bytes.Buffer
	handler func(response http.ResponseWriter, request *http.Request, session *moor.Session)
}

func newSite(t *testing.T) *site {
	s := &site{t: t, fake: moortest.Start(t)}
	options := s.fake.Options()
	options.Logger = slog.New(slog.NewTextHandler(&s.logged, nil))
	keeper, err := moor.New(options)
	if err != nil {
		t.Fatal(err)
	}
	s.wrapped = keeper.Wrap(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		session, err := moor.FromRequest(request)
		if err != nil {
			return // the wrapper answers
		}
		s.handler(response, request, session)
	}))
	s.Visitor = s.fake.Visitor(s.wrapped)
	return s
}

// does sends a request whose handler only uses the session, and returns the status.
func (s *site) does(handler func(session *moor.Session)) int {
	s.t.Helper()
	isCalled := false
	s.handler = func(_ http.ResponseWriter, _ *http.Request, session *moor.Session) {
		isCalled = true
		handler(session)
	}
	status := s.Do(httptest.NewRequest("POST", "/", nil)).StatusCode
	if !isCalled {
		s.t.Errorf("the request has no session: %s", s.logged.String())
	}
	return status
}

func (s *site) sets(name string, value any) {
	s.t.Helper()
	s.does(func(session *moor.Session) {
		if err := session.Set(name, value); err != nil {
			s.t.Fatal(err)
		}
	})
}

func codeOf(err error) moor.Code {
	var known *moor.Error
	if errors.As(err, &known) {
		return known.Code
	}
	return ""
}

func TestAnUnchangedSessionSendsNothing(t *testing.T) {
	s := newSite(t)
	s.sets("struct", basket{1})
	claims := map[string]any{"sid": "s", "data": s.Attributes()}
	s.handler = func(_ http.ResponseWriter, _ *http.Request, session *moor.Session) {
		if err := session.Set("struct", session.Get("struct")); err != nil {
			t.Error(err)
		}
	}
	request := httptest.NewRequest("GET", "/", nil)
	request.Header.Set("Moor-Session", s.fake.Handoff(claims))
	recorder := httptest.NewRecorder()
	s.wrapped.ServeHTTP(recorder, request)
	if found := recorder.Header(); len(found) != 0 {
		t.Errorf("the headers are %v", found)
	}
}

func TestALoginKeepsTheValuesAndRotates(t *testing.T) {
	s := newSite(t)
	s.sets("a", 1)
	s.does(func(session *moor.Session) {
		if err := session.Login("Zoë@5% +"); err != nil {
			t.Fatal(err)
		}
	})
	if s.Principal() != "Zo%C3%AB@5%25%20+" || s.Generation() != 1 || len(s.Attributes()) != 1 {
		t.Errorf("the session is of %s, generation %d, with %v", s.Principal(), s.Generation(), s.Attributes())
	}
	for _, user := range []string{"", strings.Repeat("x", 257)} {
		s.does(func(session *moor.Session) {
			if found := session.Principal(); found != "Zoë@5% +" {
				t.Errorf("the user is %s", found)
			}
			if err := session.Login(user); codeOf(err) != moor.PrincipalMalformed {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestClearThenSetRotatesWithTheNewValueAlone(t *testing.T) {
	for name, clear := range map[string]func(*moor.Session){
		"Clear": func(session *moor.Session) { _ = session.Clear() },
		"End":   (*moor.Session).End,
	} {
		s := newSite(t)
		s.sets("a", map[string]any{"b": 1.0})
		s.sets("c", 1)
		s.does(func(session *moor.Session) {
			clear(session)
			if err := session.Set("a", map[string]any{"d": 1.0}); err != nil {
				t.Fatal(err)
			}
		})
		expected := map[string]any{"a": map[string]any{"d": 1.0}}
		if found := s.Attributes(); !reflect.DeepEqual(found, expected) || s.Generation() != 1 {
			t.Errorf("after %s the attributes are %v, of generation %d", name, found, s.Generation())
		}
	}
}

func TestEndEndsTheSession(t *testing.T) {
	s := newSite(t)
	s.sets("a", 1)
	s.does((*moor.Session).End)
	s.does(func(session *moor.Session) {
		if !session.IsNew() || session.ID() != "" || session.Get("a") != nil {
			t.Errorf("the session goes on with %v", session.Names())
		}
	})
}

func TestAFlashIsShownOnce(t *testing.T) {
	s := newSite(t)
	s.sets("a", 1)
	s.does(func(session *moor.Session) { _ = session.SetFlash("notice", "Saved: 桃") })
	for _, expected := range []any{"Saved: 桃", nil} {
		s.does(func(session *moor.Session) {
			if found := session.Flash("notice"); found != expected {
				t.Errorf("the flash is %v, not %v", found, expected)
			}
		})
	}
}

func TestALateChangeIsStoredBeforeTheResponseEnds(t *testing.T) {
	s := newSite(t)
	s.sets("a", 1)
	s.handler = func(response http.ResponseWriter, _ *http.Request, session *moor.Session) {
		_, _ = io.WriteString(response, "part")
		if err := session.Set("late", true); err != nil {
			t.Error(err)
		}
		if err := session.Regenerate(); codeOf(err) != moor.HeadersSent {
			t.Errorf("the error is %v", err)
		}
	}
	s.Do(httptest.NewRequest("GET", "/", nil))
	if found := s.Attributes(); !reflect.DeepEqual(found, map[string]any{"a": 1.0, "late": true}) {
		t.Errorf("the attributes are %v", found)
	}
}

func TestAChangeAfterTheHeadersOfARotationIsAnError(t *testing.T) {
	s := newSite(t)
	s.sets("a", 1)
	s.handler = func(response http.ResponseWriter, request *http.Request, session *moor.Session) {
		_ = session.Regenerate()
		response.WriteHeader(http.StatusOK)
		_ = session.Set("late", true)
		if err := session.Save(request.Context()); codeOf(err) != moor.SessionOver {
			t.Errorf("the error is %v", err)
		}
	}
	s.Do(httptest.NewRequest("GET", "/", nil))
	if _, isStored := s.Attributes()["late"]; isStored || !strings.Contains(s.logged.String(), "is lost") {
		t.Errorf("the attributes are %v, the log says %s", s.Attributes(), s.logged.String())
	}
}

func TestAChangeOfAHijackedConnectionIsStored(t *testing.T) {
	s := newSite(t)
	s.sets("a", 1)
	done := make(chan error)
	s.handler = func(response http.ResponseWriter, _ *http.Request, session *moor.Session) {
		_ = session.Set("before", true)
		connection, _, err := http.NewResponseController(response).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = session.Set("after", true)
		_ = connection.Close()
	}
	server := httptest.NewServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		s.wrapped.ServeHTTP(response, request)
		close(done)
	}))
	defer server.Close()
	request, _ := http.NewRequest("GET", server.URL, nil)
	request.Header.Set("Moor-Session", s.Handoff())
	if response, err := http.DefaultClient.Do(request); err == nil {
		t.Errorf("the server answered %v", response)
	}
	<-done
	if found := s.Attributes(); found["before"] != true || found["after"] != true {
		t.Errorf("the attributes are %v", found)
	}
}

func TestARequestWithoutAHandoffHasAnEmptySessionThatIsNotStored(t *testing.T) {
	s := newSite(t)
	s.handler = func(_ http.ResponseWriter, _ *http.Request, session *moor.Session) {
		if !session.IsNew() || len(session.Names()) != 0 {
			t.Errorf("the session has %v", session.Names())
		}
		_ = session.Set("a", 1)
	}
	recorder := httptest.NewRecorder()
	s.wrapped.ServeHTTP(recorder, httptest.NewRequest("GET", "/health", nil))
	if recorder.Code != http.StatusOK || len(recorder.Header()) != 0 || !strings.Contains(s.logged.String(), "/health") {
		t.Errorf("%d %v, the log says %s", recorder.Code, recorder.Header(), s.logged.String())
	}
}

func TestAResponseIsAnErrorIfItsSessionCannotBeRead(t *testing.T) {
	s := newSite(t)
	s.handler = func(http.ResponseWriter, *http.Request, *moor.Session) { t.Error("the handler got a session") }
	handoffs := map[string]int{
		"no.j.wt":                      http.StatusForbidden,
		moortest.Start(t).Handoff(nil): http.StatusForbidden,
		s.fake.Handoff(map[string]any{"iss": "https://other.test"}):      http.StatusForbidden,
		s.fake.Handoff(map[string]any{"exp": time.Now().Unix() - 18}):    http.StatusForbidden,
		s.fake.Handoff(map[string]any{"sid": "s", "data": nil}):          http.StatusServiceUnavailable,
		s.fake.Handoff(map[string]any{"sid": "s", "data": unreadable()}): http.StatusInternalServerError,
	}
	for handoff, status := range handoffs {
		request := httptest.NewRequest("GET", "/", nil)
		request.Header.Set("Moor-Session", handoff)
		recorder := httptest.NewRecorder()
		s.wrapped.ServeHTTP(recorder, request)
		if recorder.Code != status {
			t.Errorf("the status is %d, not %d: %s", recorder.Code, status, s.logged.String())
		}
	}
}

func unreadable() map[string]any { return map[string]any{"a": map[string]any{"$go": "Z2FyYmFnZQ=="}} }

func TestOptionsOutOfBoundsAreRefused(t *testing.T) {
	for _, options := range []moor.Options{{}, {Issuer: "shop.test", Audience: "app"}, {Issuer: "https://shop.test"}} {
		if _, err := moor.New(options); err == nil {
			t.Errorf("%+v is accepted", options)
		}
	}
}

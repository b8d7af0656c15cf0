package moor_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"moor.example/moor"
)

func TestLargeChangesOfAStoredSessionGoByTheSessionAPI(t *testing.T) {
	s := newSite(t)
	s.sets("a", 1)
	s.sets("large", strings.Repeat("x", 40_000))
	s.does(func(session *moor.Session) {
		if found, _ := session.Get("large").(string); len(found) != 40_000 {
			t.Errorf("%d characters came back", len(found))
		}
	})
}

func TestAChangeBesideLargeHeadersOfThePageGoesByTheSessionAPI(t *testing.T) {
	s := newSite(t)
	s.sets("a", 1)
	s.handler = func(response http.ResponseWriter, _ *http.Request, session *moor.Session) {
		response.Header().Set("Content-Security-Policy", strings.Repeat("y", 3_600))
		_ = session.Set("b", strings.Repeat("x", 500))
	}
	request := httptest.NewRequest("POST", "/", nil)
	request.Header.Set("Moor-Session", s.Handoff())
	recorder := httptest.NewRecorder()
	s.wrapped.ServeHTTP(recorder, request)
	header := recorder.Header()
	if header.Get("Moor-Patch") != "" || header.Get("Moor-Version") == "" || s.Attributes()["b"] == nil {
		t.Errorf("the version is %q, and the patch has %d bytes", header.Get("Moor-Version"), len(header.Get("Moor-Patch")))
	}
}

func TestALargeFirstChangeGoesByHeadersUpTo16KiB(t *testing.T) {
	s := newSite(t)
	s.sets("large", strings.Repeat("x", 16_000))
	if found, _ := s.Attributes()["large"].(string); len(found) != 16_000 {
		t.Errorf("%d characters are stored", len(found))
	}
	other := newSite(t)
	status := other.does(func(session *moor.Session) { _ = session.Set("large", strings.Repeat("x", 17_000)) })
	if status != http.StatusInternalServerError || len(other.Attributes()) != 0 {
		t.Errorf("the status is %d", status)
	}
}

package moor_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"moor.example/moor"
	"moor.example/moor/moortest"
)

// network counts the reads of the keys, and can be cut.
type network struct {
	isCut bool
	reads int
}

func (n *network) RoundTrip(request *http.Request) (*http.Response, error) {
	if strings.HasSuffix(request.URL.Path, "/jwks.json") {
		n.reads++
	}
	if n.isCut {
		return nil, errors.New("the network is cut")
	}
	return http.DefaultTransport.RoundTrip(request)
}

func TestKeysAreReadEveryFiveMinutesAndUsedForAnHourWhileTheyCannotBeRead(t *testing.T) {
	fake, wire, now := moortest.Start(t), &network{}, time.Now()
	options := fake.Options()
	options.Client, options.Now = &http.Client{Transport: wire}, func() time.Time { return now }
	keeper, err := moor.New(options)
	if err != nil {
		t.Fatal(err)
	}
	begin := now
	handler := keeper.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		_, _ = moor.FromRequest(request)
	}))
	for _, step := range []struct {
		after         time.Duration
		isCut         bool
		status, reads int
	}{
		{0, false, 200, 1},
		{299 * time.Second, false, 200, 1},
		{301 * time.Second, false, 200, 2},
		{700 * time.Second, true, 200, 3},
		{729 * time.Second, true, 200, 3},
		{731 * time.Second, true, 200, 4},
		{3900 * time.Second, true, 200, 5},
		{3902 * time.Second, true, 503, 6},
		{3903 * time.Second, false, 200, 7},
	} {
		now, wire.isCut = begin.Add(step.after), step.isCut
		request := httptest.NewRequest("GET", "/", nil)
		request.Header.Set("Moor-Session", fake.Handoff(map[string]any{"iat": now.Unix(), "exp": now.Unix() + 60}))
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		if recorder.Code != step.status || wire.reads != step.reads {
			t.Errorf("after %v the status is %d, with %d reads", step.after, recorder.Code, wire.reads)
		}
	}
}

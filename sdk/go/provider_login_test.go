package moor_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"testing"
	"time"

	"moor.example/moor"
	"moor.example/moor/moortest"
)

// loginVectors are the same for the drop-ins of all languages.
type loginVectors struct {
	Shown []struct {
		Name  string
		Claim json.RawMessage
		Login struct {
			Issuer string
			At     int64
			AuthAt *int64
			ACR    *string
			AMR    []string
			Roles  []string
			Claims map[string]any
		}
	}
	Refused []struct {
		Name  string
		Claim json.RawMessage
	}
}

func readLoginVectors(t *testing.T) (vectors loginVectors) {
	text, err := os.ReadFile("../provider-logins.json")
	if err == nil {
		err = json.Unmarshal(text, &vectors)
	}
	if err != nil || len(vectors.Shown) == 0 || len(vectors.Refused) == 0 {
		t.Fatalf("the vectors cannot be read: %v", err)
	}
	return vectors
}

// askedWith sends a request whose handoff has these claims, and returns its session or the error.
func askedWith(t *testing.T, claims map[string]any) (session *moor.Session, err error) {
	fake := moortest.Start(t)
	keeper, fault := moor.New(fake.Options())
	if fault != nil {
		t.Fatal(fault)
	}
	request := httptest.NewRequest("GET", "/", nil)
	request.Header.Set("Moor-Session", fake.Handoff(claims))
	keeper.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		session, err = moor.FromRequest(request)
	})).ServeHTTP(httptest.NewRecorder(), request)
	return session, err
}

func TestShowsTheLoginThatTheHandoffTells(t *testing.T) {
	for _, vector := range readLoginVectors(t).Shown {
		session, err := askedWith(t, map[string]any{"login": vector.Claim})
		if err != nil {
			t.Errorf("%s: %v", vector.Name, err)
			continue
		}
		wanted := &moor.ProviderLogin{
			Issuer: vector.Login.Issuer, At: time.Unix(vector.Login.At, 0).UTC(),
			AMR: vector.Login.AMR, Roles: vector.Login.Roles, Claims: vector.Login.Claims,
		}
		if vector.Login.AuthAt != nil {
			wanted.AuthAt = time.Unix(*vector.Login.AuthAt, 0).UTC()
		}
		if vector.Login.ACR != nil {
			wanted.ACR = *vector.Login.ACR
		}
		if found := session.ProviderLogin(); !reflect.DeepEqual(found, wanted) {
			t.Errorf("%s: the login is %+v, not %+v", vector.Name, found, wanted)
		}
	}
}

func TestShowsNoLoginOfAVisitorWhomNoProviderHasLoggedIn(t *testing.T) {
	session, err := askedWith(t, nil)
	if err != nil || session.ProviderLogin() != nil {
		t.Errorf("the login is %+v, the error %v", session.ProviderLogin(), err)
	}
}

func TestRefusesALoginThatMoorCannotHaveWritten(t *testing.T) {
	for _, vector := range readLoginVectors(t).Refused {
		if _, err := askedWith(t, map[string]any{"login": vector.Claim}); codeOf(err) != moor.HandoffMalformed {
			t.Errorf("%s: the error is %v", vector.Name, err)
		}
	}
}

package gorilla_test

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"

	"github.com/gorilla/sessions"
	"moor.example/moor"
	"moor.example/moor/gorilla"
	"moor.example/moor/moortest"
)

// visits returns a function that sends a request to a handler with the named session, and saves the session.
func visits(t *testing.T) (*moortest.Visitor, func(name string, handler func(*sessions.Session))) {
	fake := moortest.Start(t)
	keeper, err := moor.New(fake.Options())
	if err != nil {
		t.Fatal(err)
	}
	store := gorilla.NewStore("main")
	var use func(response http.ResponseWriter, request *http.Request)
	application := func(response http.ResponseWriter, request *http.Request) { use(response, request) }
	visitor := fake.Visitor(keeper.Wrap(http.HandlerFunc(application)))
	return visitor, func(name string, handler func(*sessions.Session)) {
		t.Helper()
		use = func(response http.ResponseWriter, request *http.Request) {
			session, err := store.Get(request, name)
			if err != nil {
				t.Fatal(err)
			}
			handler(session)
			if err := session.Save(request, response); err != nil {
				t.Error(err)
			}
		}
		visitor.Do(httptest.NewRequest("GET", "/", nil))
	}
}

func TestSavedValuesComeBack(t *testing.T) {
	_, visit := visits(t)
	visit("main", func(session *sessions.Session) {
		if !session.IsNew {
			t.Error("the session is not new")
		}
		session.Values["count"] = 42
	})
	visit("main", func(session *sessions.Session) {
		if session.IsNew || session.Values["count"] != 42 {
			t.Errorf("the values are %v", session.Values)
		}
		delete(session.Values, "count")
	})
	visit("main", func(session *sessions.Session) {
		if len(session.Values) != 0 {
			t.Errorf("the values are %v", session.Values)
		}
	})
}

func TestNamedSessionsAreApart(t *testing.T) {
	visitor, visit := visits(t)
	visit("main", func(session *sessions.Session) { session.Values["a"] = 1 })
	visit("other", func(session *sessions.Session) { session.Values["a"] = 2 })
	visit("main", func(session *sessions.Session) {
		if !reflect.DeepEqual(session.Values, map[any]any{"a": 1}) {
			t.Errorf("the values are %v", session.Values)
		}
	})
	if found := visitor.Attributes(); !reflect.DeepEqual(found, map[string]any{"a": 1.0, "$gorilla:other:a": 2.0}) {
		t.Errorf("the attributes are %v", found)
	}
}

func TestAFlashIsShownOnce(t *testing.T) {
	_, visit := visits(t)
	visit("main", func(session *sessions.Session) { session.AddFlash("Saved.") })
	for _, expected := range [][]any{{"Saved."}, nil} {
		visit("main", func(session *sessions.Session) {
			if found := session.Flashes(); !reflect.DeepEqual(found, expected) {
				t.Errorf("the flashes are %v", found)
			}
		})
	}
}

func TestANegativeMaxAgeLogsOut(t *testing.T) {
	visitor, visit := visits(t)
	logout := func(session *sessions.Session) { session.Options.MaxAge = -1 }
	visit("main", func(session *sessions.Session) { session.Values["a"] = 1 })
	visit("other", func(session *sessions.Session) { session.Values["b"] = 2 })
	visit("main", logout)
	if found := visitor.Attributes(); visitor.Generation() != 1 || !reflect.DeepEqual(found, map[string]any{"$gorilla:other:b": 2.0}) {
		t.Errorf("the attributes are %v, of generation %d", found, visitor.Generation())
	}
	visit("other", logout)
	if found := visitor.Attributes(); visitor.Generation() != 0 || len(found) != 0 {
		t.Errorf("the attributes are %v, of generation %d", found, visitor.Generation())
	}
}

func TestAKeyThatIsNoStringIsRefused(t *testing.T) {
	fake := moortest.Start(t)
	keeper, err := moor.New(fake.Options())
	if err != nil {
		t.Fatal(err)
	}
	store := gorilla.NewStore("main")
	fake.Visitor(keeper.Wrap(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		session, _ := store.Get(request, "main")
		session.Values[1] = "one"
		if err := session.Save(request, response); err == nil {
			t.Error("the key is accepted")
		}
	}))).Do(httptest.NewRequest("GET", "/", nil))
}

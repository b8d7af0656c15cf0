// Package gorilla is a Store for gorilla/sessions that keeps the sessions in Moor.
//
//	store := gorilla.NewStore("shop")
//	session, err := store.Get(request, "shop")
//
// The handler of the application must be wrapped by moor.Moor.Wrap.
package gorilla

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/gorilla/sessions"
	"moor.example/moor"
)

// Other named sessions than the main session have their values under names that begin with this.
const others = "$gorilla:"

// Store keeps each value of the main session as an attribute of the same name. A value of another session N under the
// key K is the attribute "$gorilla:N:K". Keys must be strings.
type Store struct {
	// Options are those of new sessions. Only a negative MaxAge has an effect: Save then removes the session.
	Options sessions.Options
	main    string
}

// NewStore returns a Store whose main session has this name. Programs in other languages see its values.
func NewStore(main string) *Store { return &Store{main: main} }

// Get returns the session of a name, always the same within a request. If it cannot be read, the error is a moor.Error,
// and the response becomes an error as well.
func (s *Store) Get(request *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(request).Get(s, name)
}

// New reads the session of a name. Applications call Get.
func (s *Store) New(request *http.Request, name string) (*sessions.Session, error) {
	session := sessions.NewSession(s, name)
	options := s.Options
	session.Options = &options
	session.IsNew = true
	kept, err := moor.FromRequest(request)
	if err != nil {
		return session, err
	}
	session.ID = kept.ID()
	for key, attribute := range s.keysOf(kept, name) {
		session.Values[key] = kept.Get(attribute)
		session.IsNew = false
	}
	return session, nil
}

// Save takes over the values. They leave with the headers of the response; after the headers Save stores them at once.
// A negative MaxAge removes the values, as a logout: the session ends if no other values are left in it.
func (s *Store) Save(request *http.Request, _ http.ResponseWriter, session *sessions.Session) error {
	kept, err := moor.FromRequest(request)
	if err != nil {
		return err
	}
	name := session.Name()
	if session.Options != nil && session.Options.MaxAge < 0 {
		if err := s.remove(kept, name); err != nil {
			return err
		}
		return kept.Save(request.Context())
	}
	for key, attribute := range s.keysOf(kept, name) {
		if _, stays := session.Values[key]; !stays {
			kept.Delete(attribute)
		}
	}
	for key, value := range session.Values {
		text, isText := key.(string)
		if !isText {
			return &moor.Error{Code: moor.ValueUnfit, Message: fmt.Sprintf("the key %v is not a string", key)}
		}
		if err := kept.Set(s.prefix(name)+text, value); err != nil {
			return err
		}
	}
	return kept.Save(request.Context())
}

func (s *Store) remove(kept *moor.Session, name string) error {
	own := s.keysOf(kept, name)
	if len(own) == len(kept.Names()) {
		kept.End()
		return nil
	}
	for _, attribute := range own {
		kept.Delete(attribute)
	}
	return kept.Regenerate()
}

// keysOf are the attributes of a named session, by their keys in it.
func (s *Store) keysOf(kept *moor.Session, name string) map[string]string {
	keys := map[string]string{}
	for _, attribute := range kept.Names() {
		key, isOwn := strings.CutPrefix(attribute, s.prefix(name))
		if isOwn && (name != s.main || !strings.HasPrefix(attribute, others)) {
			keys[key] = attribute
		}
	}
	return keys
}

func (s *Store) prefix(name string) string {
	if name == s.main {
		return ""
	}
	return others + name + ":"
}

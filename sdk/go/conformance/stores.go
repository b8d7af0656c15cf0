package main

import (
	"net/http"

	"github.com/gorilla/sessions"
	"moor.example/moor"
	"moor.example/moor/gorilla"
)

// plain is a session of moor.FromRequest.
type plain struct{ session *moor.Session }

func openPlain(_ http.ResponseWriter, request *http.Request) (kept, error) {
	session, err := moor.FromRequest(request)
	return plain{session}, err
}

func (p plain) isNew() bool                { return p.session.IsNew() }
func (p plain) names() []string            { return p.session.Names() }
func (p plain) get(name string) any        { return p.session.Get(name) }
func (p plain) set(name string, value any) { must(p.session.Set(name, value)) }
func (p plain) remove(name string)         { p.session.Delete(name) }
func (p plain) clear()                     { must(p.session.Clear()) }
func (p plain) regenerate()                { must(p.session.Regenerate()) }
func (p plain) logout()                    { p.session.End() }
func (p plain) leave(message string)       { must(p.session.SetFlash("m", message)) }
func (p plain) left() any                  { return p.session.Flash("m") }
func (p plain) save()                      {}

func (p plain) login(user string) {
	must(p.session.Login(user))
	must(p.session.Set("user", user))
}

// named is a session of gorilla/sessions, which has neither logins nor new ids: those are Moor's.
type named struct {
	session  *sessions.Session
	moor     *moor.Session
	request  *http.Request
	response http.ResponseWriter
}

var store = gorilla.NewStore("app")

func openGorilla(response http.ResponseWriter, request *http.Request) (kept, error) {
	session, err := store.Get(request, "app")
	if err != nil {
		return nil, err
	}
	kept, err := moor.FromRequest(request)
	return named{session, kept, request, response}, err
}

func (n named) names() []string {
	names := []string{}
	for key := range n.session.Values {
		names = append(names, key.(string))
	}
	return names
}

func (n named) isNew() bool                { return n.session.IsNew }
func (n named) get(name string) any        { return n.session.Values[name] }
func (n named) set(name string, value any) { n.session.Values[name] = value }
func (n named) remove(name string)         { delete(n.session.Values, name) }
func (n named) regenerate()                { must(n.moor.Regenerate()) }
func (n named) logout()                    { n.session.Options.MaxAge = -1 }
func (n named) leave(message string)       { n.session.AddFlash(message) }

func (n named) clear() {
	must(n.moor.Clear())
	clear(n.session.Values)
}

func (n named) login(user string) {
	must(n.moor.Login(user))
	n.session.Values["user"] = user
}

func (n named) left() any {
	if flashes := n.session.Flashes(); len(flashes) > 0 {
		return flashes[0]
	}
	return nil
}

func (n named) save() { must(n.session.Save(n.request, n.response)) }

// A notebook on net/http and gorilla/sessions. Its forms carry a token, and a message after each note is shown once.
package main

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"html/template"
	"log"
	"net/http"
	"os"

	"github.com/gorilla/handlers"
	"github.com/gorilla/sessions"
	"moor.example/moor"
	"moor.example/moor/gorilla"
)

var store = gorilla.NewStore("notebook")

var page = template.Must(template.New("page").Parse(`{{define "form"}}<form method="post" action="{{.Action}}">` +
	`<input type="hidden" name="token" value="{{.Token}}"><input name="{{.Field}}"></form>{{end}}` +
	`{{with .User}}<h1>Notes of {{.}}</h1>{{end}}<p>{{.Address}}</p>{{range .Lines}}{{.}}<br>{{end}}{{range .Forms}}{{template "form" .}}{{end}}`))

type form struct{ Action, Token, Field string }

func handle(answer func(http.ResponseWriter, *http.Request, *sessions.Session)) http.HandlerFunc {
	return func(response http.ResponseWriter, request *http.Request) {
		session, err := store.Get(request, "notebook")
		if err != nil {
			http.Error(response, err.Error(), http.StatusInternalServerError)
			return
		}
		token, _ := session.Values["token"].(string)
		given := request.PostFormValue("token")
		if request.Method == "POST" && (token == "" || subtle.ConstantTimeCompare([]byte(token), []byte(given)) != 1) {
			http.Error(response, "This form is not of your session.", http.StatusForbidden)
			return
		}
		answer(response, request, session)
	}
}

func show(response http.ResponseWriter, request *http.Request, session *sessions.Session) {
	user, _ := session.Values["user"].(string)
	if user == "" {
		http.Redirect(response, request, "/login", http.StatusSeeOther)
		return
	}
	token, _ := session.Values["token"].(string)
	lines := session.Flashes()
	save(response, request, session)
	for _, note := range notesOf(session) {
		lines = append(lines, note)
	}
	forms := []form{{"/notes", token, "note"}, {"/logout", token, "leave"}}
	address := request.URL.Scheme + "://" + request.Host + "/ for " + request.RemoteAddr
	write(response, map[string]any{"User": user, "Address": address, "Lines": lines, "Forms": forms})
}

func showLogin(response http.ResponseWriter, request *http.Request, session *sessions.Session) {
	token := make([]byte, 16)
	if _, err := rand.Read(token); err != nil {
		log.Fatal(err)
	}
	session.Values["token"] = hex.EncodeToString(token)
	save(response, request, session)
	write(response, map[string]any{"Forms": []form{{"/login", hex.EncodeToString(token), "user"}}})
}

func logIn(response http.ResponseWriter, request *http.Request, session *sessions.Session) {
	session.Values["user"] = request.PostFormValue("user")
	kept, err := moor.FromRequest(request)
	if err == nil {
		err = kept.Login(request.PostFormValue("user"))
	}
	if err != nil {
		http.Error(response, err.Error(), moor.Status(err))
		return
	}
	redirect(response, request, session, "/")
}

func addNote(response http.ResponseWriter, request *http.Request, session *sessions.Session) {
	session.Values["notes"] = append(notesOf(session), request.PostFormValue("note"))
	session.AddFlash("The note is stored.")
	redirect(response, request, session, "/")
}

func logOut(response http.ResponseWriter, request *http.Request, session *sessions.Session) {
	session.Options.MaxAge = -1
	redirect(response, request, session, "/login")
}

func notesOf(session *sessions.Session) []string {
	notes, _ := session.Values["notes"].([]string)
	return notes
}

func redirect(response http.ResponseWriter, request *http.Request, session *sessions.Session, path string) {
	save(response, request, session)
	http.Redirect(response, request, path, http.StatusSeeOther)
}

func save(response http.ResponseWriter, request *http.Request, session *sessions.Session) {
	if err := session.Save(request, response); err != nil {
		log.Print(err)
	}
}

func write(response http.ResponseWriter, content any) {
	if err := page.Execute(response, content); err != nil {
		log.Print(err)
	}
}

func main() {
	keeper, err := moor.New(moor.FromEnvironment())
	if err != nil {
		log.Fatal(err)
	}
	address := "127.0.0.1:" + os.Getenv("PORT")
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /{$}", handle(show))
	mux.HandleFunc("GET /login", handle(showLogin))
	mux.HandleFunc("POST /login", handle(logIn))
	mux.HandleFunc("POST /notes", handle(addNote))
	mux.HandleFunc("POST /logout", handle(logOut))
	log.Fatal(http.ListenAndServe(address, handlers.ProxyHeaders(keeper.Wrap(mux))))
}

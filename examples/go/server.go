// A basket behind Moor, with the drop-in for Go (sdk/go).
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"

	"moor.example/moor"
)

func serve(response http.ResponseWriter, request *http.Request) {
	// The drop-in shows an empty session to a request without a handoff. This shop has no page for such a request.
	if request.Header.Get("Moor-Session") == "" {
		http.Error(response, "not through Moor", http.StatusForbidden)
		return
	}
	session, err := moor.FromRequest(request)
	if err != nil {
		http.Error(response, err.Error(), moor.Status(err))
		return
	}
	if request.Method+" "+request.URL.Path == "GET /" {
		show(response, session)
		return
	}
	if err := change(session, request); err != nil {
		http.Error(response, err.Error(), http.StatusBadRequest)
		return
	}
	response.Header().Set("Location", "/")
	response.WriteHeader(http.StatusSeeOther)
}

func change(session *moor.Session, request *http.Request) error {
	basket, good := basketOf(session), request.PostFormValue("good")
	switch request.Method + " " + request.URL.Path {
	case "POST /add":
		count, _ := basket[good].(float64)
		basket[good] = count + 1
		return session.Set("basket", basket)
	case "POST /remove":
		delete(basket, good)
		return session.Set("basket", basket)
	case "POST /login":
		return session.Login(request.PostFormValue("user"))
	case "POST /logout":
		session.End()
	}
	return nil
}

func show(response http.ResponseWriter, session *moor.Session) {
	page := map[string]any{"server": "go", "user": nil, "basket": basketOf(session)}
	if user := session.Principal(); user != "" {
		page["user"] = user
	}
	response.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(response).Encode(page); err != nil {
		log.Print(err)
	}
}

func basketOf(session *moor.Session) map[string]any {
	if basket, isThere := session.Get("basket").(map[string]any); isThere {
		return basket
	}
	return map[string]any{}
}

func main() {
	keeper, err := moor.New(moor.FromEnvironment())
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), keeper.Wrap(http.HandlerFunc(serve))))
}

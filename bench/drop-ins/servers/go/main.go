// Two pages on gorilla/sessions: the store is Moor's, or redistore if REDIS_URL is set.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"

	"github.com/boj/redistore"
	"github.com/gorilla/sessions"

	"moor.example/moor"
	moorstore "moor.example/moor/gorilla"
)

// stores opens the store. The handler around the pages is Moor's, or nothing.
func stores() (sessions.Store, func(http.Handler) http.Handler) {
	if address, isRedis := strings.CutPrefix(os.Getenv("REDIS_URL"), "redis://"); isRedis {
		store, err := redistore.NewRediStore(10, "tcp", address, "", "", []byte("known to all"))
		if err != nil {
			log.Fatal(err)
		}
		return store, func(pages http.Handler) http.Handler { return pages }
	}
	keeper, err := moor.New(moor.FromEnvironment())
	if err != nil {
		log.Fatal(err)
	}
	return moorstore.NewStore("session"), keeper.Wrap
}

func main() {
	store, wrap := stores()
	page := func(change int) http.HandlerFunc {
		return func(response http.ResponseWriter, request *http.Request) {
			session, err := store.Get(request, "session")
			if err != nil {
				http.Error(response, err.Error(), http.StatusServiceUnavailable)
				return
			}
			visits, _ := session.Values["visits"].(int)
			if change > 0 {
				session.Values["visits"] = visits + change
				if err := session.Save(request, response); err != nil {
					http.Error(response, err.Error(), http.StatusServiceUnavailable)
					return
				}
			}
			_, _ = fmt.Fprintf(response, `{"visits":%d}`, visits+change)
		}
	}
	pages := http.NewServeMux()
	pages.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	pages.HandleFunc("GET /read", page(0))
	pages.HandleFunc("POST /incr", page(1))
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), wrap(pages)))
}

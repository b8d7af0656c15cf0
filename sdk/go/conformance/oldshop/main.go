// An application of net/http that keeps its sessions in memory, as it runs before Moor, with the endpoint for adoptions.
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"log"
	"maps"
	"net/http"
	"os"
	"sync"
	"time"

	"moor.example/moor"
)

type sessions struct {
	lock   sync.Mutex
	values map[string]map[string]any
	// The versions of the values that have come back from Moor. A session whose values have not come back has none.
	versions map[string]int
}

func (s *sessions) get(id string) map[string]any {
	s.lock.Lock()
	defer s.lock.Unlock()
	return maps.Clone(s.values[id])
}

func (s *sessions) of(request *http.Request) (string, map[string]any) {
	cookie, err := request.Cookie("sid")
	if err != nil {
		return "", nil
	}
	return cookie.Value, s.get(cookie.Value)
}

func main() {
	kept := &sessions{values: map[string]map[string]any{}, versions: map[string]int{}}
	end := func(_ context.Context, id string) error {
		kept.lock.Lock()
		defer kept.lock.Unlock()
		delete(kept.values, id)
		delete(kept.versions, id)
		return nil
	}
	adopt, err := moor.Adopt(moor.AdoptOptions{
		Application: "app",
		End:         end,
		Session: func(request *http.Request) (*moor.OldSession, error) {
			id, values := kept.of(request)
			if values == nil {
				return nil, nil
			}
			user, _ := values["user"].(string)
			return &moor.OldSession{ID: id, User: user, Values: values, ExpiresAt: time.Now().Add(time.Hour)}, nil
		},
		BringBack: func(_ context.Context, id string, version int, values map[string]any) (bool, error) {
			kept.lock.Lock()
			defer kept.lock.Unlock()
			if kept.values[id] == nil {
				return false, nil
			}
			if version > kept.versions[id] {
				kept.values[id], kept.versions[id] = values, version
			}
			return true, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("/moor-adopt", adopt)
	http.HandleFunc("/login", func(response http.ResponseWriter, request *http.Request) {
		bytes := make([]byte, 16)
		_, _ = rand.Read(bytes)
		id := hex.EncodeToString(bytes)
		kept.lock.Lock()
		defer kept.lock.Unlock()
		kept.values[id] = map[string]any{"user": request.URL.Query().Get("user"), "basket": map[string]any{"apples": 2.0}}
		http.SetCookie(response, &http.Cookie{Name: "sid", Value: id, Path: "/"})
	})
	http.HandleFunc("/logout", func(_ http.ResponseWriter, request *http.Request) {
		id, _ := kept.of(request)
		_ = end(request.Context(), id)
	})
	http.HandleFunc("/", func(response http.ResponseWriter, request *http.Request) {
		_, values := kept.of(request)
		_ = json.NewEncoder(response).Encode(map[string]any{"server": "old", "user": values["user"], "basket": values["basket"]})
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}

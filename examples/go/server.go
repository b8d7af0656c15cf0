// A basket behind Moor. Go with go-jose (Debian: golang-go, golang-gopkg-square-go-jose.v2-dev).
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf16"

	"gopkg.in/square/go-jose.v2"
	"gopkg.in/square/go-jose.v2/jwt"
)

const (
	keysLife  = 5 * time.Minute
	keysAgain = 30 * time.Second
	clockSkew = 5 * time.Second
)

var (
	issuer   = os.Getenv("MOOR_ISSUER")
	audience = os.Getenv("MOOR_AUDIENCE")
	moorURL  = os.Getenv("MOOR_URL")
	client   = http.Client{Timeout: 5 * time.Second}
	keys     keySet

	errUnauthorised = errors.New("not through Moor")
)

type attributes struct {
	Basket map[string]int `json:"basket"`
}

// session is what the handoff says.
type session struct {
	jwt.Claims
	ID   string      `json:"sid"`
	Data *attributes `json:"data"`
}

// readSession verifies the handoff; data is asked of the session API if it was too large to travel.
func readSession(request *http.Request) (*session, error) {
	handoff := request.Header.Get("Moor-Session")
	token, err := jwt.ParseSigned(handoff)
	if err != nil || len(token.Headers) != 1 || token.Headers[0].Algorithm != string(jose.ES256) {
		return nil, errUnauthorised
	}
	found, err := verify(token)
	if err != nil {
		return nil, err
	}
	if found.Expiry == nil {
		return nil, errUnauthorised
	}
	expected := jwt.Expected{Issuer: issuer, Audience: jwt.Audience{audience}, Time: time.Now()}
	if found.ValidateWithLeeway(expected, clockSkew) != nil {
		return nil, errUnauthorised
	}
	if found.Data == nil && found.ID != "" {
		answer := struct{ Attributes *attributes }{}
		if err := askMoor("/.moor/session", handoff, &answer); err != nil {
			return nil, err
		}
		found.Data = answer.Attributes
	}
	if found.Data == nil {
		found.Data = &attributes{}
	}
	return found, nil
}

// verify checks the signature; if no key fits it, the keys are read again.
func verify(token *jwt.JSONWebToken) (*session, error) {
	for _, again := range []bool{false, true} {
		known, err := keys.find(token.Headers[0].KeyID, again)
		if err != nil {
			return nil, err
		}
		for _, key := range known {
			found := session{}
			if token.Claims(key, &found) == nil {
				return &found, nil
			}
		}
	}
	return nil, errUnauthorised
}

// keySet holds Moor's public keys for 5 minutes, and reads them again at most every 30 seconds.
type keySet struct {
	sync.Mutex
	set         jose.JSONWebKeySet
	readAt      time.Time
	readAgainAt time.Time
}

func (keys *keySet) find(kid string, again bool) ([]jose.JSONWebKey, error) {
	keys.Lock()
	defer keys.Unlock()
	again = again && time.Since(keys.readAgainAt) > keysAgain
	if again {
		keys.readAgainAt = time.Now()
	}
	if again || time.Since(keys.readAt) > keysLife {
		fresh := jose.JSONWebKeySet{}
		if err := askMoor("/.moor/jwks.json", "", &fresh); err != nil {
			return nil, err
		}
		keys.set, keys.readAt = fresh, time.Now()
	}
	return keys.set.Key(kid), nil
}

func askMoor(path string, bearer string, answer any) error {
	request, err := http.NewRequest(http.MethodGet, moorURL+path, nil)
	if err != nil {
		return err
	}
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(answer)
}

func serve(response http.ResponseWriter, request *http.Request) {
	session, err := readSession(request)
	if errors.Is(err, errUnauthorised) {
		http.Error(response, err.Error(), http.StatusForbidden)
		return
	}
	if err != nil {
		log.Printf("Moor cannot be asked: %v", err)
		http.Error(response, "try again", http.StatusServiceUnavailable)
		return
	}
	good := request.PostFormValue("good")
	switch request.Method + " " + request.URL.Path {
	case "GET /":
		show(response, session)
	case "POST /add":
		seeBasket(response, "Moor-Patch", asciiJSON(basketWith(good, session.Data.Basket[good]+1)))
	case "POST /remove":
		seeBasket(response, "Moor-Patch", asciiJSON(basketWith(good, nil)))
	case "POST /login":
		seeBasket(response, "Moor-Principal", url.QueryEscape(request.PostFormValue("user")))
	case "POST /logout":
		seeBasket(response, "Moor-End", "1")
	default:
		http.Error(response, "nothing that this shop does", http.StatusBadRequest)
	}
}

func show(response http.ResponseWriter, session *session) {
	page := map[string]any{"server": "go", "user": nil, "basket": map[string]int{}}
	if session.Subject != "" {
		page["user"], _ = url.QueryUnescape(session.Subject)
	}
	if session.Data.Basket != nil {
		page["basket"] = session.Data.Basket
	}
	response.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(response).Encode(page); err != nil {
		log.Print(err)
	}
}

func basketWith(good string, count any) map[string]any {
	return map[string]any{"basket": map[string]any{good: count}}
}

func seeBasket(response http.ResponseWriter, header string, value string) {
	response.Header().Set(header, value)
	response.Header().Set("Location", "/")
	response.WriteHeader(http.StatusSeeOther)
}

// asciiJSON writes what is not ASCII as \u escapes, as a header needs it: encoding/json would write UTF-8.
func asciiJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // maps of strings and numbers are JSON
	}
	var ascii strings.Builder
	for _, unit := range utf16.Encode([]rune(string(text))) {
		if unit < 0x7f {
			ascii.WriteByte(byte(unit))
		} else {
			fmt.Fprintf(&ascii, `\u%04x`, unit)
		}
	}
	return ascii.String()
}

func main() {
	if issuer == "" || audience == "" {
		log.Fatal("MOOR_ISSUER and MOOR_AUDIENCE must be set")
	}
	if moorURL == "" {
		moorURL = issuer
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), http.HandlerFunc(serve)))
}

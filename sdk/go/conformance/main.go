// The conformance application (docs/reference/drop-in.md): with net/http, or with gorilla/sessions if STORE=gorilla.
package main

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"moor.example/moor"
)

// kept is a session, as the cases use it.
type kept interface {
	isNew() bool
	names() []string
	get(name string) any
	set(name string, value any)
	remove(name string)
	clear()
	regenerate()
	login(user string)
	logout()
	leave(message string)
	left() any
	// save is called after the changes, and before the body.
	save()
}

type open func(response http.ResponseWriter, request *http.Request) (kept, error)

type point struct{ X, Y int }

var natives = map[string]any{
	"date":   time.Unix(1_700_000_000, 5).UTC(),
	"bytes":  []byte{0, 0xff, 0xfe, 0x80},
	"object": point{1, 2},
}

func main() {
	gob.Register(point{})
	keeper, err := moor.New(moor.FromEnvironment())
	if err != nil {
		log.Fatal(err)
	}
	opens := openPlain
	if os.Getenv("STORE") == "gorilla" {
		opens = openGorilla
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), keeper.Wrap(application(opens))))
}

func application(opens open) http.Handler {
	mux := http.NewServeMux()
	for _, path := range []string{"/plain", "/health"} {
		mux.HandleFunc(path, func(response http.ResponseWriter, _ *http.Request) { show(response, map[string]any{}) })
	}
	mux.HandleFunc("/pid", func(response http.ResponseWriter, _ *http.Request) {
		show(response, map[string]any{"pid": os.Getpid(), "name": os.Getenv("NAME")})
	})
	// handle answers with the JSON that a handler returns.
	handle := func(pattern string, handler func(session kept, request *http.Request) map[string]any) {
		mux.HandleFunc(pattern, func(response http.ResponseWriter, request *http.Request) {
			session, err := opens(response, request)
			if err != nil {
				http.Error(response, err.Error(), moor.Status(err))
				return
			}
			answer := handler(session, request)
			session.save()
			show(response, answer)
		})
	}
	handle("GET /read", read)
	handle("GET /native", func(session kept, request *http.Request) map[string]any {
		return map[string]any{"equal": reflect.DeepEqual(session.get("native"), natives[request.FormValue("kind")])}
	})
	handle("GET /flash", func(session kept, _ *http.Request) map[string]any {
		return map[string]any{"flash": session.left()}
	})
	handle("POST /incr", func(session kept, request *http.Request) map[string]any {
		count, _ := session.get(request.FormValue("k")).(int)
		session.set(request.FormValue("k"), count+1)
		return map[string]any{"value": count + 1}
	})
	for path, change := range changes {
		handle("POST "+path, func(session kept, request *http.Request) map[string]any {
			change(session, request.URL.Query().Get)
			return map[string]any{}
		})
	}
	handle("POST /set", func(session kept, request *http.Request) map[string]any {
		session.set(request.URL.Query().Get("k"), body(request))
		return map[string]any{}
	})
	mux.HandleFunc("POST /late", func(response http.ResponseWriter, request *http.Request) {
		late(opens, response, request)
	})
	return mux
}

var changes = map[string]func(session kept, query func(string) string){
	"/delete":     func(session kept, query func(string) string) { session.remove(query("k")) },
	"/regenerate": func(session kept, _ func(string) string) { session.regenerate() },
	"/login":      func(session kept, query func(string) string) { session.login(query("user")) },
	"/logout":     func(session kept, _ func(string) string) { session.logout() },
	"/clear-and-set": func(session kept, query func(string) string) {
		session.clear()
		session.set(query("k"), true)
	},
	"/large": func(session kept, query func(string) string) {
		bytes, err := strconv.Atoi(query("bytes"))
		must(err)
		session.set(query("k"), strings.Repeat("x", bytes))
	},
	"/native": func(session kept, query func(string) string) { session.set("native", natives[query("kind")]) },
	"/flash":  func(session kept, query func(string) string) { session.leave(query("m")) },
}

func read(session kept, _ *http.Request) map[string]any {
	attributes := map[string]any{}
	for _, name := range session.names() {
		attributes[name] = session.get(name)
	}
	return map[string]any{"attributes": attributes, "new": session.isNew()}
}

// late changes the session when the headers and a part of the body are sent.
func late(opens open, response http.ResponseWriter, request *http.Request) {
	session, err := opens(response, request)
	if err != nil {
		http.Error(response, err.Error(), moor.Status(err))
		return
	}
	write(response, "{")
	must(http.NewResponseController(response).Flush())
	session.set(request.URL.Query().Get("k"), true)
	session.save()
	write(response, "}")
}

// body is the JSON of a request. A whole number is an int, which JSON brings back as it was.
func body(request *http.Request) any {
	var text json.RawMessage
	must(json.NewDecoder(request.Body).Decode(&text))
	if whole, err := strconv.Atoi(string(bytes.TrimSpace(text))); err == nil {
		return whole
	}
	var value any
	must(json.Unmarshal(text, &value))
	return value
}

func show(response http.ResponseWriter, answer map[string]any) {
	response.Header().Set("Content-Type", "application/json")
	text, err := json.Marshal(answer)
	must(err)
	write(response, string(text))
}

func write(response http.ResponseWriter, text string) {
	_, err := response.Write([]byte(text))
	must(err)
}

// must breaks the request off: net/http logs the panic, and closes the connection.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Decides, with Traefik's own muxer and sticky cookie, which router takes each request, and what the cookie of each server is.
package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/traefik/traefik/v3/pkg/config/dynamic"
	"github.com/traefik/traefik/v3/pkg/middlewares/requestdecorator"
	muxer "github.com/traefik/traefik/v3/pkg/muxer/http"
	"github.com/traefik/traefik/v3/pkg/server/service/loadbalancer"
)

type question struct {
	Routers []struct {
		Name     string `json:"name"`
		Rule     string `json:"rule"`
		Priority int    `json:"priority"`
	} `json:"routers"`
	Requests []struct {
		Host    string            `json:"host"`
		Path    string            `json:"path"`
		Method  string            `json:"method"`
		Headers map[string]string `json:"headers"`
	} `json:"requests"`
	Servers []string `json:"servers"`
}

type answer struct {
	Routers []string          `json:"routers"`
	Cookies map[string]string `json:"cookies"`
}

func main() {
	var asked question
	must(json.NewDecoder(os.Stdin).Decode(&asked))
	parser, err := muxer.NewSyntaxParser()
	must(err)
	routes := muxer.NewMuxer(parser, []string{"file"})
	taken := ""
	for _, router := range asked.Routers {
		priority := router.Priority
		if priority == 0 {
			priority = muxer.GetRulePriority(router.Rule)
		}
		name := router.Name
		must(routes.AddRoute(router.Rule, "v3", priority, "file", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { taken = name })))
	}
	told := answer{Routers: []string{}, Cookies: map[string]string{}}
	decorator := requestdecorator.New(nil)
	for _, request := range asked.Requests {
		taken = ""
		sent := httptest.NewRequest(request.Method, "http://"+request.Host+request.Path, nil)
		for name, value := range request.Headers {
			sent.Header.Set(name, value)
		}
		decorator.ServeHTTP(httptest.NewRecorder(), sent, routes.ServeHTTP)
		told.Routers = append(told.Routers, taken)
	}
	for _, server := range asked.Servers {
		sticky := loadbalancer.NewSticky(dynamic.Cookie{Name: "c"})
		sticky.AddHandler(server, nil)
		response := httptest.NewRecorder()
		must(sticky.WriteStickyCookie(response, server))
		told.Cookies[server] = response.Result().Cookies()[0].Value
	}
	must(json.NewEncoder(os.Stdout).Encode(told))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

package moortest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
)

// Visitor is a visitor with a session, whose requests reach the application as Moor would send them.
type Visitor struct {
	moor    *Moor
	handler http.Handler

	id         string
	principal  string
	version    int
	generation int
	attributes map[string]any
	flash      map[string]any
}

// Visitor comes to an application for the first time.
func (m *Moor) Visitor(handler http.Handler) *Visitor {
	return &Visitor{moor: m, handler: handler, attributes: map[string]any{}}
}

// Do sends a request, applies the changes that the response asks for, and returns the response without their headers.
// It panics if the response asks for a change that is not JSON.
func (v *Visitor) Do(request *http.Request) *http.Response {
	request = request.Clone(request.Context())
	request.Header.Set("Moor-Session", v.Handoff())
	recorder := httptest.NewRecorder()
	v.handler.ServeHTTP(recorder, request)
	response := recorder.Result()
	v.Apply(response.Header)
	for name := range response.Header {
		if strings.HasPrefix(name, "Moor-") {
			response.Header.Del(name)
		}
	}
	return response
}

// Attributes of the session, as JSON has them.
func (v *Visitor) Attributes() map[string]any {
	v.moor.mutex.Lock()
	defer v.moor.mutex.Unlock()
	return maps.Clone(v.attributes)
}

// Principal is the user who is logged in, or "".
func (v *Visitor) Principal() string { return v.principal }

// Generation goes up with every login and rotation.
func (v *Visitor) Generation() int { return v.generation }

// Handoff is the header Moor-Session of the next request, for requests that Do does not send.
func (v *Visitor) Handoff() string {
	v.moor.mutex.Lock()
	defer v.moor.mutex.Unlock()
	claims := map[string]any{"gen": v.generation, "ver": v.version}
	if v.principal != "" {
		claims["sub"] = v.principal
	}
	if len(v.flash) > 0 {
		claims["flash"], v.flash = v.flash, nil
	}
	if v.id != "" {
		claims["sid"], claims["new"] = v.id, nil
		if text, err := json.Marshal(v.attributes); err == nil && len(text) <= dataBytes {
			claims["data"] = v.attributes
		}
	}
	handoff := v.moor.Handoff(claims)
	v.moor.visitors["Bearer "+handoff] = v
	return handoff
}

// Apply applies the changes that a response asks for, for responses that Do did not get.
func (v *Visitor) Apply(header http.Header) {
	v.moor.mutex.Lock()
	defer v.moor.mutex.Unlock()
	if header.Get("Moor-End") != "" {
		v.end()
		return
	}
	principal, rotates := header.Get("Moor-Principal"), header.Get("Moor-Rotate") != ""
	if v.principal != "" && principal != "" && principal != v.principal {
		v.end()
	}
	for _, patch := range patches(header["Moor-Patch"]) {
		merge(v.attributes, patch)
	}
	for _, patch := range patches(header["Moor-Flash"]) {
		v.flash = merge(v.flash, patch)
	}
	if principal != "" {
		v.principal = principal
	}
	if rotates || principal != "" {
		v.generation++
	}
	if len(header["Moor-Patch"]) > 0 || rotates || principal != "" {
		v.version++
		v.found()
	}
}

func (v *Visitor) found() {
	if v.id == "" {
		v.moor.count++
		v.id = fmt.Sprintf("%022d", v.moor.count)
	}
}

func (v *Visitor) end() {
	v.id, v.principal, v.version, v.generation = "", "", 0, 0
	v.attributes, v.flash = map[string]any{}, nil
}

func patches(lines []string) []map[string]any {
	var found []map[string]any
	for _, line := range lines {
		var patch map[string]any
		if err := json.Unmarshal([]byte(line), &patch); err != nil {
			panic(fmt.Sprintf("the response asks for a change that is not JSON: %v", err))
		}
		found = append(found, patch)
	}
	return found
}

// merge applies a merge patch (RFC 7396) to an object, and returns the object.
func merge(target, patch map[string]any) map[string]any {
	if target == nil {
		target = map[string]any{}
	}
	for name, value := range patch {
		if value == nil {
			delete(target, name)
		} else if inner, isObject := value.(map[string]any); isObject {
			old, _ := target[name].(map[string]any)
			target[name] = merge(old, inner)
		} else {
			target[name] = value
		}
	}
	return target
}

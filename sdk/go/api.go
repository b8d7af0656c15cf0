package moor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// stored is a session as the session API answers with it.
type stored struct {
	Version    int64                      `json:"version"`
	Attributes map[string]json.RawMessage `json:"attributes"`
}

// sessionAPI is /.moor/session, for the session of a request. The request's handoff authorises the calls for 60 s by default.
type sessionAPI struct {
	options *Options
	handoff string
}

func (a sessionAPI) read(ctx context.Context) (*stored, error) {
	return a.session(ctx, http.MethodGet, nil)
}

// patch merges into the attributes (RFC 7396).
func (a sessionAPI) patch(ctx context.Context, patch map[string]any) (*stored, error) {
	body, err := json.Marshal(patch)
	if err != nil {
		return nil, &Error{ValueUnfit, "a change is not JSON", err}
	}
	return a.session(ctx, http.MethodPatch, body)
}

// end ends the session for good.
func (a sessionAPI) end(ctx context.Context) error {
	_, err := a.call(ctx, http.MethodDelete, nil)
	return err
}

func (a sessionAPI) session(ctx context.Context, method string, body []byte) (*stored, error) {
	answer, err := a.call(ctx, method, body)
	if err != nil {
		return nil, err
	}
	found := &stored{}
	if err := json.Unmarshal(answer, found); err != nil || found.Attributes == nil {
		return nil, &Error{SessionUnavailable, "the session API's answer is no session", err}
	}
	return found, nil
}

func (a sessionAPI) call(ctx context.Context, method string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, a.options.URL+"/.moor/session", bytes.NewReader(body))
	if err != nil {
		return nil, &Error{SessionUnavailable, "the session API cannot be asked", err}
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Authorization", "Bearer "+a.handoff)
	if body != nil {
		request.Header.Set("Content-Type", "application/merge-patch+json")
	}
	response, err := a.options.Client.Do(request)
	if err != nil {
		return nil, &Error{SessionUnavailable, "the session API does not answer " + method, err}
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, &Error{SessionUnavailable, "the session API's answer to " + method + " broke off", err}
	}
	switch response.StatusCode {
	case http.StatusOK, http.StatusNoContent:
		return answer, nil
	}
	var problem struct{ Title string }
	// The title only helps people: an answer without it is as good.
	_ = json.Unmarshal(answer, &problem)
	message := fmt.Sprintf("the session API answers %s with %d: %s", method, response.StatusCode, problem.Title)
	return nil, fault(codeOf(response.StatusCode), message)
}

func codeOf(status int) Code {
	switch status {
	case http.StatusConflict:
		return SessionNotStored
	case http.StatusGone:
		return SessionOver
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestEntityTooLarge:
		return SessionRefused
	default:
		return SessionUnavailable
	}
}

package moor_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"moor.example/moor"
	"moor.example/moor/moortest"
)

func TestASignatureIsCheckedOnceForEachHandoff(t *testing.T) {
	fake := moortest.Start(t)
	keeper, err := moor.New(fake.Options())
	if err != nil {
		t.Fatal(err)
	}
	handler := keeper.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		_, _ = moor.FromRequest(request)
	}))
	statusWith := func(handoff string) int {
		request, response := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
		request.Header.Set("Moor-Session", handoff)
		handler.ServeHTTP(response, request)
		return response.Code
	}

	signed := fake.Handoff(nil)
	forged := signed[:strings.LastIndex(signed, ".")+1] + strings.Repeat("A", 86)
	if status := statusWith(signed); status != http.StatusOK || !keeper.Knows(signed) {
		t.Errorf("a handoff was answered with %d, and is known: %v", status, keeper.Knows(signed))
	}
	if status := statusWith(forged); status < 400 || keeper.Knows(forged) {
		t.Errorf("a forged handoff was answered with %d, and is known: %v", status, keeper.Knows(forged))
	}
	keeper.Remember(signed, forged)
	if status := statusWith(forged); status != http.StatusOK {
		t.Errorf("the signature of a known handoff was checked again: %d", status)
	}
}

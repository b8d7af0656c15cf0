package moor

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// OldSession is a living session of an application that keeps its sessions by itself.
type OldSession struct {
	// ID is the id of the session, of at least 96 random bits. Empty: the session has no such id, as in a cookie.
	ID string
	// User is the id of the user who is logged in. Empty: nobody is. Refuse users whom the application would refuse.
	User string
	// Values are the values that move. They have the form of the drop-in.
	Values map[string]any
	// ExpiresAt is when the session ends by itself.
	ExpiresAt time.Time
}

// AdoptOptions are the settings of the endpoint.
type AdoptOptions struct {
	// Application is the name of the application: adopt[].from of Moor's configuration.
	Application string
	// Issuer is the address of Moor. Default: MOOR_ISSUER of the environment.
	Issuer string
	// Readers are the addresses of further Moors that may only read, for example of a staging, separated by spaces or commas. They
	// end and change no session. Default: MOOR_READER_ISSUERS of the environment, or none.
	Readers string
	// Keys is the ring that Moor has as MOOR_CONFIRM_KEYS. Default: the environment's.
	Keys string
	// Session tells the session of the visitor whose cookies come with the request. Nil: the visitor has no living session.
	Session func(*http.Request) (*OldSession, error)
	// End ends a session. It is no error if there is no such session. Nil: the sessions are in their cookies alone.
	End func(ctx context.Context, id string) error
	// BringBack tells whether a session exists. It also gives the session these values and this version, if the version is
	// greater than that of the session. A session has version 0 until the first change comes back. So version 0 changes nothing:
	// with it Moor only asks whether the session lives.
	// Nil: changes at Moor do not come back, and Moor reads each such question as a logout. So do not set follow to "end" then.
	BringBack func(ctx context.Context, id string, version int, values map[string]any) (bool, error)
}

const (
	questionType = "moor-adopt+jwt"
	answerType   = "moor-adopt-answer+jwt"
	// How far the clocks of Moor and of this server may be apart.
	clocksApart = time.Minute
	// A megabyte of attributes is 1.4 million characters in base64url.
	mostQuestionBytes = 2_000_000
)

var confirmKey = regexp.MustCompile(`^([1-9][0-9]{0,2}):([A-Za-z0-9_-]{43,})$`)

type question struct {
	kid        string
	Iss        string                     `json:"iss"`
	Aud        string                     `json:"aud"`
	Iat        int64                      `json:"iat"`
	Jti        string                     `json:"jti"`
	Method     string                     `json:"htm"`
	Most       int                        `json:"max"`
	ID         string                     `json:"sid"`
	Version    int                        `json:"ver"`
	Attributes map[string]json.RawMessage `json:"attributes"`
}

type adopter struct {
	AdoptOptions
	secrets map[string][]byte
	readers []string
}

// Adopt returns the endpoint by which an application that keeps its sessions by itself tells Moor who a visitor is, so that
// living sessions move in. It answers only questions that Moor has signed. Questions and answers are JWTs (RFC 7519) by
// HMAC-SHA256. It is an error if a setting is missing.
func Adopt(options AdoptOptions) (http.Handler, error) {
	if options.Issuer == "" {
		options.Issuer = os.Getenv("MOOR_ISSUER")
	}
	if options.Keys == "" {
		options.Keys = os.Getenv("MOOR_CONFIRM_KEYS")
	}
	if options.Readers == "" {
		options.Readers = os.Getenv("MOOR_READER_ISSUERS")
	}
	options.Issuer = strings.TrimRight(options.Issuer, "/")
	readers := strings.FieldsFunc(options.Readers, func(char rune) bool { return char == ',' || unicode.IsSpace(char) })
	for place, reader := range readers {
		readers[place] = strings.TrimRight(reader, "/")
	}
	if options.Application == "" || options.Issuer == "" || options.Session == nil {
		return nil, errors.New("moor: Adopt needs Application, Session, and Issuer or MOOR_ISSUER")
	}
	secrets := map[string][]byte{}
	for _, entry := range strings.Split(options.Keys, ",") {
		parts := confirmKey.FindStringSubmatch(strings.TrimSpace(entry))
		if parts == nil {
			return nil, errors.New("moor: MOOR_CONFIRM_KEYS must be ID:BASE64URL of 32 bytes or more, as in Moor's own environment")
		}
		secret, err := base64.RawURLEncoding.DecodeString(parts[2])
		if err != nil {
			return nil, fmt.Errorf("moor: key %s of MOOR_CONFIRM_KEYS is not base64url", parts[1])
		}
		secrets[parts[1]] = secret
	}
	return &adopter{options, secrets, readers}, nil
}

// ServeHTTP answers a question.
func (a *adopter) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	response.Header().Set("Cache-Control", "no-store")
	asked, refusal := a.open(request)
	if refusal != "" {
		http.Error(response, "moor-adopt: "+refusal, http.StatusForbidden)
		return
	}
	isForbidden := a.isForbidden(asked)
	var claims map[string]any
	var err error
	if !isForbidden {
		claims, err = a.answer(request, asked)
	}
	if err != nil {
		http.Error(response, "moor-adopt: the session cannot be read", http.StatusInternalServerError)
		return
	}
	status := http.StatusOK
	switch {
	case isForbidden:
		status, claims = http.StatusForbidden, map[string]any{}
	case claims == nil:
		status, claims = http.StatusUnauthorized, map[string]any{}
	}
	claims["iss"], claims["aud"], claims["nonce"], claims["status"] = a.Application, asked.Iss, asked.Jti, status
	if asked.Iss != a.Issuer {
		claims["readOnly"] = true
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		http.Error(response, "moor-adopt: the session cannot be written as JSON", http.StatusInternalServerError)
		return
	}
	head := fmt.Sprintf(`{"alg":"HS256","typ":%q,"kid":%q}`, answerType, asked.kid)
	signed := base64.RawURLEncoding.EncodeToString([]byte(head)) + "." + base64.RawURLEncoding.EncodeToString(payload)
	response.Header().Set("Content-Type", "application/jwt")
	response.WriteHeader(status)
	_, _ = io.WriteString(response, signed+"."+base64.RawURLEncoding.EncodeToString(a.mac(asked.kid, signed)))
}

// isForbidden tells whether a question asks for a change, and its Moor may only read. With version 0 Moor only asks whether the
// session lives.
func (a *adopter) isForbidden(asked question) bool {
	changes := asked.Method == http.MethodDelete || (asked.Method == http.MethodPut && asked.Version != 0)
	return asked.Iss != a.Issuer && changes
}

// answer is nil if there is no such session.
func (a *adopter) answer(request *http.Request, asked question) (map[string]any, error) {
	switch request.Method {
	case http.MethodDelete:
		if a.End == nil {
			return map[string]any{}, nil
		}
		return map[string]any{}, a.End(request.Context(), asked.ID)
	case http.MethodPut:
		return a.bringBack(request.Context(), asked)
	default:
		return a.tell(request, asked.Most)
	}
}

func (a *adopter) tell(request *http.Request, most int) (map[string]any, error) {
	session, err := a.Session(request)
	if err != nil || session == nil || (session.User == "" && len(session.Values) == 0) {
		return nil, err
	}
	attributes := map[string]json.RawMessage{}
	for name, value := range session.Values {
		if attributes[name], err = encode(value); err != nil {
			return nil, err
		}
	}
	text, err := json.Marshal(attributes)
	if err != nil {
		return nil, err
	}
	claims := map[string]any{"expiresAt": session.ExpiresAt.Unix()}
	if lengthAtMoor(text) > most {
		claims["tooLarge"] = true
	} else {
		claims["attributes"] = attributes
	}
	if session.ID != "" {
		claims["id"] = session.ID
	}
	if session.User != "" {
		claims["principal"] = session.User
	}
	return claims, nil
}

var jsonEscape = regexp.MustCompile(`\\(?:u[0-9a-f]{4}|.)`)

// lengthAtMoor is the length of JSON in bytes of UTF-8 as JSON.stringify of JavaScript writes it, by which Moor counts.
// encoding/json escapes more characters, for example "<".
func lengthAtMoor(text []byte) int {
	return len(jsonEscape.ReplaceAllFunc(text, func(escape []byte) []byte {
		if escape[1] != 'u' {
			return escape
		}
		unit, _ := strconv.ParseUint(string(escape[2:]), 16, 16)
		switch {
		case unit == '\b' || unit == '\f':
			return escape[:2]
		case unit < ' ':
			return escape
		}
		return []byte(string(rune(unit)))
	}))
}

func (a *adopter) bringBack(ctx context.Context, asked question) (map[string]any, error) {
	if a.BringBack == nil {
		return nil, nil
	}
	values := map[string]any{}
	for name, attribute := range asked.Attributes {
		value, err := decode(attribute)
		if err != nil {
			return nil, err
		}
		values[name] = value
	}
	exists, err := a.BringBack(ctx, asked.ID, asked.Version, values)
	if err != nil || !exists {
		return nil, err
	}
	return map[string]any{}, nil
}

// open returns the question of a request, or the reason why it is refused.
func (a *adopter) open(request *http.Request) (question, string) {
	text := request.Header.Get("Moor-Adopt")
	if request.Method == http.MethodPut {
		body, err := io.ReadAll(http.MaxBytesReader(nil, request.Body, mostQuestionBytes))
		if err != nil {
			return question{}, "its body cannot be read"
		}
		text = string(body)
	}
	parts := strings.Split(text, ".")
	var head struct{ Alg, Typ, Kid string }
	var asked question
	if len(parts) != 3 || !unpack(parts[0], &head) || head.Alg != "HS256" || head.Typ != questionType || a.secrets[head.Kid] == nil {
		return asked, "this is for Moor alone"
	}
	mac, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !hmac.Equal(mac, a.mac(head.Kid, parts[0]+"."+parts[1])) || !unpack(parts[1], &asked) {
		return asked, "its signature is not of a key in MOOR_CONFIRM_KEYS"
	}
	asked.kid = head.Kid
	switch age := time.Since(time.Unix(asked.Iat, 0)); {
	case asked.Iss != a.Issuer && !slices.Contains(a.readers, asked.Iss):
		return asked, "it comes from a Moor that neither MOOR_ISSUER nor MOOR_READER_ISSUERS names"
	case asked.Aud != a.Application:
		return asked, "it asks another application than the name that is set here"
	case asked.Method != request.Method:
		return asked, "it was signed for another method"
	case age > clocksApart || age < -clocksApart:
		return asked, "it was signed more than 60 seconds ago, or a clock is wrong"
	}
	return asked, ""
}

func (a *adopter) mac(kid, signed string) []byte {
	mac := hmac.New(sha256.New, a.secrets[kid])
	mac.Write([]byte(signed))
	return mac.Sum(nil)
}

func unpack(part string, into any) bool {
	text, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(text, into) == nil
}

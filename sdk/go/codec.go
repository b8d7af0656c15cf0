package moor

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	tag = "$go"
	// How deep a value may nest as JSON: Moor takes 32 levels of a patch.
	levels = 30
	// JSON numbers are exact up to here, in every language.
	exact = 1 << 53
	// The first byte of a tagged value says what follows it.
	asJSON = 'j'
	asGob  = 'g'
)

func init() { gob.Register(time.Time{}) }

// encode makes an attribute of a value. A value travels as JSON if JSON brings it back as it was. Every other value
// travels as the tagged base64 of gob, for which its type must be registered (gob.Register).
func encode(value any) (json.RawMessage, error) {
	if isPlain(value, 0) {
		return json.Marshal(value)
	}
	payload := []byte{}
	switch {
	case value == nil:
	case isJSON(value):
		text, err := json.Marshal(value)
		if err != nil {
			return nil, &Error{ValueUnfit, "a value is not JSON", err}
		}
		payload = append([]byte{asJSON}, text...)
	default:
		buffer := bytes.NewBuffer([]byte{asGob})
		if err := gob.NewEncoder(buffer).Encode(&value); err != nil {
			return nil, &Error{ValueUnfit, "a value cannot be encoded by gob", err}
		}
		payload = buffer.Bytes()
	}
	return json.Marshal(map[string]string{tag: base64.StdEncoding.EncodeToString(payload)})
}

// decode makes the value of an attribute. A whole number is an int. Numbers inside maps and slices are float64, as
// encoding/json has them.
func decode(attribute json.RawMessage) (any, error) {
	value, err := fromJSON(attribute)
	if err != nil {
		return nil, err
	}
	object, _ := value.(map[string]any)
	text, isTagged := object[tag].(string)
	if !isTagged || len(object) != 1 {
		return value, nil
	}
	payload, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, &Error{ValueUnfit, "a tagged value is not base64", err}
	}
	if len(payload) == 0 {
		return nil, nil
	}
	if payload[0] == asJSON {
		return fromJSON(payload[1:])
	}
	var decoded any
	if err := gob.NewDecoder(bytes.NewReader(payload[1:])).Decode(&decoded); err != nil {
		return nil, &Error{ValueUnfit, "a value cannot be decoded by gob", err}
	}
	return decoded, nil
}

func fromJSON(text []byte) (any, error) {
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return nil, &Error{ValueUnfit, "an attribute is not JSON", err}
	}
	if _, isNumber := value.(float64); isNumber {
		if whole, err := strconv.Atoi(string(bytes.TrimSpace(text))); err == nil {
			return whole, nil
		}
	}
	return value, nil
}

// isPlain reports whether JSON, a merge patch and other languages bring the value back as it was.
func isPlain(value any, level int) bool {
	switch value := value.(type) {
	case bool:
		return true
	case string:
		return utf8.ValidString(value)
	case int:
		return level == 0 && -exact <= value && value <= exact
	case float64:
		return isPlainNumber(value, level)
	case []any:
		return level < levels && value != nil && all(value, func(item any) bool { return item == nil || isPlain(item, level+1) })
	case map[string]any:
		return level < levels && value != nil && !looksTagged(value) && isPlainMap(value, level)
	}
	return false
}

// A whole number comes back as an int, unless it is inside a map or a slice.
func isPlainNumber(value float64, level int) bool {
	if math.IsNaN(value) || math.IsInf(value, 0) || (value == 0 && math.Signbit(value)) {
		return false
	}
	return level > 0 || value != math.Trunc(value)
}

func isPlainMap(value map[string]any, level int) bool {
	for name, member := range value {
		// A merge patch reads null as a removal.
		if member == nil || !utf8.ValidString(name) || !isPlain(member, level+1) {
			return false
		}
	}
	return true
}

// looksTagged keeps the input of a visitor from becoming a tagged value.
func looksTagged(value map[string]any) bool {
	for name := range value {
		return len(value) == 1 && strings.HasPrefix(name, "$")
	}
	return false
}

// isJSON reports whether the value has the types that encoding/json decodes, so that JSON text can carry it.
func isJSON(value any) bool {
	switch value := value.(type) {
	case []any:
		return value != nil && all(value, isJSONItem)
	case map[string]any:
		for name, member := range value {
			if !utf8.ValidString(name) || !isJSONItem(member) {
				return false
			}
		}
		return value != nil
	}
	return false
}

func isJSONItem(item any) bool {
	return item == nil || isJSON(item) || isPlain(item, 1)
}

func all(values []any, holds func(any) bool) bool {
	for _, value := range values {
		if !holds(value) {
			return false
		}
	}
	return true
}

// isUnchanged reports whether an attribute still stands for the value. It compares values, because gob writes the
// members of a map in any order.
func isUnchanged(attribute json.RawMessage, value any) bool {
	before, err := decode(attribute)
	return err == nil && reflect.DeepEqual(before, value)
}

package moor

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode/utf16"
)

const (
	// nginx in front of an application refuses more header bytes by default.
	headerBytes = 4_096
	// Moor takes so many bytes of Moor-Patch headers in one response, and of Moor-Flash headers.
	patchBytes = 16_384
	flashBytes = 2_048
)

// object is a JSON object, as encoding/json decodes it.
type object = map[string]any

// difference is the smallest merge patch (RFC 7396) that turns before into after. It leaves out unchanged members, so
// that the changes of other requests to them survive.
func difference(before, after object) object {
	patch := object{}
	for name := range before {
		if _, stays := after[name]; !stays {
			patch[name] = nil
		}
	}
	for name, value := range after {
		old, isOld := before[name]
		oldObject, wasObject := old.(object)
		newObject, isObject := value.(object)
		if isOld && wasObject && isObject {
			if inner := difference(oldObject, newObject); len(inner) > 0 {
				patch[name] = inner
			}
		} else if !isOld || !reflect.DeepEqual(old, value) {
			patch[name] = value
		}
	}
	return patch
}

// parsed attributes, for a comparison of their JSON.
func parsed(attributes map[string]json.RawMessage) (object, error) {
	values := object{}
	for name, attribute := range attributes {
		var value any
		if err := json.Unmarshal(attribute, &value); err != nil {
			return nil, &Error{ValueUnfit, fmt.Sprintf("the attribute %q is not JSON", name), err}
		}
		values[name] = value
	}
	return values, nil
}

// headerLines are the values of the headers that carry the patches in order. A line is kept below 4,096 bytes where the
// attributes allow it.
func headerLines(patches []object) ([]string, error) {
	var lines []string
	for _, patch := range patches {
		line := ""
		for _, name := range slices.Sorted(maps.Keys(patch)) {
			member, err := asciiJSON(object{name: patch[name]})
			if err != nil {
				return nil, err
			}
			member = member[1 : len(member)-1]
			if line != "" && len(line)+len(member)+len(",{}") >= headerBytes {
				lines = append(lines, "{"+line+"}")
				line = ""
			}
			if line != "" {
				line += ","
			}
			line += member
		}
		lines = append(lines, "{"+line+"}")
	}
	return lines, nil
}

func totalBytes(lines []string) int {
	total := 0
	for _, line := range lines {
		total += len(line) + len(", ")
	}
	return total
}

// asciiJSON writes characters outside ASCII as \u escapes, because a header is ASCII.
func asciiJSON(value any) (string, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return "", &Error{ValueUnfit, "a change is not JSON", err}
	}
	var ascii strings.Builder
	for _, unit := range utf16.Encode([]rune(string(text))) {
		if unit < 0x7f {
			ascii.WriteByte(byte(unit))
		} else {
			fmt.Fprintf(&ascii, `\u%04x`, unit)
		}
	}
	return ascii.String(), nil
}

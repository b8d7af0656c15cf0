package moor_test

import (
	"encoding/gob"
	"math"
	"reflect"
	"testing"
	"time"

	"moor.example/moor"
)

type basket struct{ Apples int }

func init() { gob.Register(basket{}) }

func TestValuesComeBackAsTheyWere(t *testing.T) {
	s := newSite(t)
	deep := any("bottom")
	for range 40 {
		deep = []any{deep}
	}
	values := map[string]any{
		"text": "桃\r\n\u007f", "bytes in text": "\xff\xfe", "yes": true, "int": 7, "int64": int64(7), "huge": math.MaxInt,
		"part": 0.25, "whole": 5.0, "infinite": math.Inf(1), "nothing": nil, "time": time.Unix(1, 2).UTC(),
		"bytes": []byte{0, 255}, "struct": basket{2}, "map": map[string]any{"a": 1.0, "b": []any{nil, "c"}},
		"null member": map[string]any{"a": nil}, "ints": map[string]int{"a": 1}, "deep": deep,
		"like a tag": map[string]any{"$java": "rO0ABXA="}, "like our tag": map[string]any{"$go": "AAAA"},
	}
	gob.Register(map[string]int{})
	for name, value := range values {
		s.sets(name, value)
	}
	s.does(func(session *moor.Session) {
		for name, value := range values {
			if found := session.Get(name); !reflect.DeepEqual(found, value) {
				t.Errorf("%s: %#v came back as %#v", name, value, found)
			}
		}
	})
}

func TestJSONTravelsAsJSON(t *testing.T) {
	s := newSite(t)
	s.sets("basket", map[string]any{"apples": 2.0})
	s.sets("count", 3)
	expected := map[string]any{"basket": map[string]any{"apples": 2.0}, "count": 3.0}
	if found := s.Attributes(); !reflect.DeepEqual(found, expected) {
		t.Errorf("the attributes are %v", found)
	}
}

func TestAValueOfAnUnknownTypeIsRefused(t *testing.T) {
	type unknown struct{ A int }
	newSite(t).does(func(session *moor.Session) {
		if err := session.Set("a", unknown{1}); codeOf(err) != moor.ValueUnfit {
			t.Errorf("the error is %v", err)
		}
	})
}

func TestAChangeInsideAValueIsNoticed(t *testing.T) {
	s := newSite(t)
	s.sets("basket", map[string]any{"apples": 2.0, "pears": 1.0})
	s.does(func(session *moor.Session) {
		inside := session.Get("basket").(map[string]any)
		inside["apples"] = 3.0
		delete(inside, "pears")
	})
	if found := s.Attributes()["basket"]; !reflect.DeepEqual(found, map[string]any{"apples": 3.0}) {
		t.Errorf("the basket is %v", found)
	}
}

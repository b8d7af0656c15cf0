package moor

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// Save stores the changes that came after the headers. Before the headers it does nothing, because the headers carry
// the changes. The handler that Wrap makes calls it at the end of a request.
func (s *Session) Save(ctx context.Context) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if !s.sent {
		return nil
	}
	if s.claims == nil {
		s.dropChanges()
		return nil
	}
	if s.ended {
		s.ended = false
		return s.api.end(context.WithoutCancel(ctx))
	}
	patches, after, err := s.changes()
	if err != nil || len(patches) == 0 {
		return err
	}
	if s.rotates || s.principal != "" {
		// The handoff is of the generation before, which may be in a stranger's hands.
		return fault(SessionOver, "the response has rotated the session: later changes need a later request")
	}
	return s.patch(ctx, patches[0], after)
}

// commit puts the changes on the headers of the response, or stores them if they are large.
func (s *Session) commit(ctx context.Context, header http.Header) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.sent = true
	if s.claims == nil {
		s.dropChanges()
		return nil
	}
	if s.ended {
		s.ended, s.stored = false, nil
		header.Set("Moor-End", "1")
		return nil
	}
	if err := s.commitFlash(header); err != nil {
		return err
	}
	if err := s.commitAttributes(ctx, header); err != nil {
		return err
	}
	if s.principal != "" {
		header.Set("Moor-Principal", s.principal)
	}
	if s.rotates {
		header.Set("Moor-Rotate", "1")
	}
	if s.version > 0 {
		header.Set("Moor-Version", strconv.FormatInt(s.version, 10))
	}
	return nil
}

func (s *Session) commitFlash(header http.Header) error {
	if len(s.flash) == 0 {
		return nil
	}
	lines, err := headerLines([]object{s.flash})
	if err != nil {
		return err
	}
	return addLines(header, "Moor-Flash", lines, flashBytes)
}

func (s *Session) commitAttributes(ctx context.Context, header http.Header) error {
	patches, after, err := s.changes()
	if err != nil || len(patches) == 0 {
		return err
	}
	lines, err := headerLines(patches)
	if err != nil {
		return err
	}
	// The session API takes neither a session that is not stored, nor the changes of a login.
	byHeaders := s.claims.ID == "" || s.rotates || s.principal != ""
	if bytesOf(header)+patchHeaderBytes(lines) > headerBytes && !byHeaders {
		return s.patch(ctx, patches[0], after)
	}
	s.stored, s.cleared = after, false
	return addLines(header, "Moor-Patch", lines, patchBytes)
}

// bytesOf is the size of header lines.
func bytesOf(header http.Header) int {
	total := 0
	for name, values := range header {
		for _, value := range values {
			total += len(name) + len(": ") + len(value) + len("\r\n")
		}
	}
	return total
}

// patchHeaderBytes is the size of the header lines with these patches.
func patchHeaderBytes(lines []string) int {
	return bytesOf(http.Header{"Moor-Patch": lines})
}

func addLines(header http.Header, name string, lines []string, most int) error {
	if found := totalBytes(lines); found > most {
		return fault(ChangeTooLarge, fmt.Sprintf("changes of %d bytes; one response carries %d", found, most))
	}
	for _, line := range lines {
		header.Add(name, line)
	}
	return nil
}

func (s *Session) patch(ctx context.Context, patch object, after map[string]json.RawMessage) error {
	// The change is the application's word: a client that hangs up does not take it back.
	answer, err := s.api.patch(context.WithoutCancel(ctx), patch)
	if err != nil {
		return err
	}
	s.stored, s.version = after, answer.Version
	return nil
}

// changes are the merge patches to apply in order, and the attributes after them.
func (s *Session) changes() ([]object, map[string]json.RawMessage, error) {
	after := map[string]json.RawMessage{}
	for name, value := range s.values {
		attribute, isStored := s.stored[name]
		if !isStored || !isUnchanged(attribute, value) {
			var err error
			if attribute, err = encode(value); err != nil {
				return nil, nil, err
			}
		}
		after[name] = attribute
	}
	before, err := parsed(s.stored)
	if err != nil {
		return nil, nil, err
	}
	target, err := parsed(after)
	if err != nil {
		return nil, nil, err
	}
	if !s.cleared {
		return nonEmpty(difference(before, target)), after, nil
	}
	// Moor may carry the rotation out in a session that begins empty, so all of it is sent, also what is as it was.
	return nonEmpty(difference(before, object{}), target), after, nil
}

func nonEmpty(patches ...object) []object {
	var found []object
	for _, patch := range patches {
		if len(patch) > 0 {
			found = append(found, patch)
		}
	}
	return found
}

func (s *Session) dropChanges() {
	if len(s.values)+len(s.flash) > 0 || s.principal != "" {
		s.moor.options.Logger.Warn("moor: a session's change is dropped: the request has no handoff", "path", s.path)
		s.values, s.flash, s.principal = map[string]any{}, object{}, ""
	}
}

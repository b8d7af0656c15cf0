package moor

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"strconv"
	"strings"
	"testing"
)

func newKey(t *testing.T) *ecdsa.PublicKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &key.PublicKey
}

func TestAHandoffIsKnownForTheKeyThatHasSignedItAlone(t *testing.T) {
	var known knownHandoffs
	signer, other := newKey(t), newKey(t)
	known.add("handoff", signer)
	if !known.isSignedBy("handoff", signer) {
		t.Error("the signer is forgotten")
	}
	if known.isSignedBy("handoff", other) || known.isSignedBy("another handoff", signer) {
		t.Error("another key, or another handoff, is known")
	}
	known.add("handoff", other)
	if !known.isSignedBy("handoff", other) || known.isSignedBy("handoff", signer) {
		t.Error("the key that has signed the handoff last does not count")
	}
}

func TestTheLast512HandoffsAreKnownAndNoLongOnes(t *testing.T) {
	var known knownHandoffs
	signer, long := newKey(t), strings.Repeat("x", 4_097)
	known.add(long, signer)
	for index := range 513 {
		known.add(strconv.Itoa(index), signer)
	}
	if known.isSignedBy(long, signer) || known.isSignedBy("0", signer) {
		t.Error("a long handoff, or the oldest, is remembered")
	}
	if !known.isSignedBy("1", signer) || !known.isSignedBy("512", signer) || len(known.signers) != 512 {
		t.Error("one of the last 512 is forgotten")
	}
}

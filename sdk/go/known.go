package moor

import (
	"crypto/ecdsa"
	"sync"
)

const (
	// Moor signs a handoff once for each version of a session and sends it along for half a minute.
	mostKnown = 512
	// Longer handoffs are not remembered: all together are a few megabytes at most.
	longestKnown = 4_096
)

// knownHandoffs remembers the last handoffs with a right signature, each with the key that has signed it. Their lifetimes are checked
// elsewhere, with each request.
type knownHandoffs struct {
	mutex   sync.Mutex
	signers map[string]*ecdsa.PublicKey
	// ring holds the same handoffs, the oldest at next.
	ring [mostKnown]string
	next int
}

// isSignedBy reports whether this key was seen to have signed the handoff.
func (k *knownHandoffs) isSignedBy(jwt string, key *ecdsa.PublicKey) bool {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	signer := k.signers[jwt]
	return signer != nil && signer.Equal(key)
}

func (k *knownHandoffs) add(jwt string, signer *ecdsa.PublicKey) {
	if len(jwt) > longestKnown {
		return
	}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.signers == nil {
		k.signers = map[string]*ecdsa.PublicKey{}
	}
	if k.signers[jwt] == nil {
		delete(k.signers, k.ring[k.next])
		k.ring[k.next] = jwt
		k.next = (k.next + 1) % mostKnown
	}
	k.signers[jwt] = signer
}

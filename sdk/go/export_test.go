package moor

// Knows reports whether the handoff is remembered.
func (m *Moor) Knows(handoff string) bool {
	m.known.mutex.Lock()
	defer m.known.mutex.Unlock()
	return m.known.signers[handoff] != nil
}

// Remember remembers other as if the key that has signed handoff had signed it, too.
func (m *Moor) Remember(handoff, other string) {
	m.known.add(other, m.known.signers[handoff])
}

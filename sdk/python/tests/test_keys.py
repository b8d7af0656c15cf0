"""Moor's public keys, as a server keeps them."""

import unittest

from moor_session import Moor, MoorError
from moor_session.testing import FakeMoor


class Keys(unittest.TestCase):
    def setUp(self):
        self.now = 1_000_000.0
        self.fake = CountingMoor(now=lambda: self.now)
        self.addCleanup(self.fake.close)
        self.moor = Moor(*self.fake.settings.values(), now=lambda: self.now)

    def use(self, token=None):
        """Whether a request with this handoff has a session."""
        try:
            self.moor.session(token or self.fake.handoff()).load()
        except MoorError as fault:
            return fault.code
        return "ok"

    def test_are_read_once_for_five_minutes_without_a_cache_control(self):
        self.assertEqual([self.use(), self.use(), self.fake.reads], ["ok", "ok", 1])
        self.now += 299
        self.assertEqual([self.use(), self.fake.reads], ["ok", 1])
        self.now += 2
        self.assertEqual([self.use(), self.fake.reads], ["ok", 2])

    def test_are_read_again_after_the_time_that_cache_control_says(self):
        self.fake.cache_control = "max-age=60"
        self.use()
        self.now += 61
        self.assertEqual([self.use(), self.fake.reads], ["ok", 2])

    def test_count_for_30_seconds_at_least_whatever_cache_control_says(self):
        for reads, cache_control in enumerate(("no-store", "max-age=1", "max-age=0, private"), start=1):
            self.fake.cache_control = cache_control
            self.now += 301
            self.use()
            self.now += 29
            self.assertEqual([self.use(), self.fake.reads], ["ok", reads])

    def test_that_have_left_the_set_are_refused_as_soon_as_it_is_read_again(self):
        old = self.fake.handoff(exp=2_000_000)
        self.use()
        self.fake.new_key()
        self.now += 301
        self.assertEqual(self.use(old), "handoff-untrusted")

    def test_are_read_again_for_an_unknown_key_but_only_every_5_seconds(self):
        self.use()
        self.fake.new_key()
        self.assertEqual([self.use(), self.fake.reads], ["ok", 2])
        self.fake.new_key()
        self.assertEqual([self.use(), self.use(), self.fake.reads], ["handoff-untrusted", "handoff-untrusted", 2])
        self.now += 5
        self.assertEqual([self.use(), self.fake.reads], ["ok", 3])

    def test_stay_in_use_for_an_hour_while_they_cannot_be_read(self):
        self.use()
        self.fake.fails = True
        self.now += 3_560
        self.assertEqual([self.use(), self.fake.reads], ["ok", 2])
        self.now += 29
        self.assertEqual([self.use(), self.fake.reads], ["ok", 2])
        self.now += 1
        self.assertEqual([self.use(), self.fake.reads], ["ok", 3])
        self.now += 10
        self.assertEqual([self.use(), self.fake.reads], ["keys-unavailable", 4])

    def test_that_cannot_be_read_at_first_are_asked_for_every_5_seconds(self):
        self.fake.fails = True
        self.assertEqual([self.use(), self.use(), self.fake.reads], ["keys-unavailable", "keys-unavailable", 1])
        self.now += 5
        self.fake.fails = False
        self.assertEqual([self.use(), self.fake.reads], ["ok", 2])

    def test_of_other_kinds_are_ignored(self):
        self.fake.others = [{"kty": "RSA", "kid": "rsa"}, {"kty": "EC", "crv": "P-384", "kid": "large"}, "no key"]
        self.assertEqual(self.use(), "ok")


class CountingMoor(FakeMoor):
    """A fake Moor that counts how often its keys are read, and may fail to give them."""

    def __init__(self, now):
        self.reads = 0
        self.fails = False
        self.others = []
        super().__init__(now)

    def key_set(self):
        self.reads += 1
        return None if self.fails else {"keys": [*self.others, *super().key_set()["keys"]]}

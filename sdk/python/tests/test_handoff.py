"""Handoffs that Moor cannot have made."""

import base64
import unittest

from moor_session import Moor, MoorError
from moor_session.testing import FakeMoor


def encoded(text):
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


class Handoffs(unittest.TestCase):
    def setUp(self):
        self.fake = FakeMoor()
        self.addCleanup(self.fake.close)
        self.moor = Moor(*self.fake.settings.values())
        self.header, self.claims, self.signature = self.fake.handoff(None).split(".")

    def refused(self, *parts):
        with self.assertRaises(MoorError) as raised:
            self.moor.session(".".join(parts))
        return raised.exception.code

    def test_that_are_no_jwt_of_es256_are_malformed(self):
        for parts in (
            (self.header, self.claims),
            (self.header, self.claims, self.signature[:-1]),
            (self.header, self.claims + "=", self.signature),
            (self.header, self.claims, self.signature, self.signature),
            ("", self.claims, self.signature),
            ("a", self.claims, self.signature),
            (encoded("[1]"), self.claims, self.signature),
            (encoded("no JSON"), self.claims, self.signature),
            (encoded("[" * 10_000), self.claims, self.signature),
            (encoded('{"alg":"ES256","kid":"a"}'), self.claims, self.signature),
            (encoded('{"alg":"ES256","typ":"JWT"}'), self.claims, self.signature),
            (encoded('{"alg":"ES256","typ":"JWT","kid":"a","crit":["x"]}'), self.claims, self.signature),
            (base64.urlsafe_b64encode(b"\xff\xfe").decode().rstrip("="), self.claims, self.signature),
        ):
            with self.subTest(parts[0][:20]):
                self.assertEqual(self.refused(*parts), "handoff-malformed")

    def test_with_another_signature_or_other_claims_are_untrusted(self):
        other = self.fake.handoff(None, sid="other").split(".")
        for parts in (
            (self.header, other[1], self.signature),
            (self.header, self.claims, other[2]),
            (self.header, self.claims, "A" * 86),
            (self.header, self.claims, "_" * 85 + "w"),
        ):
            with self.subTest(parts[2][:20]):
                self.assertEqual(self.refused(*parts), "handoff-untrusted")

    def test_without_the_algorithm_es256_are_untrusted(self):
        for header in ('{"alg":"none","typ":"JWT","kid":"a"}', '{"alg":"HS256","typ":"JWT","kid":"a"}', "{}"):
            with self.subTest(header):
                self.assertEqual(self.refused(encoded(header), self.claims, self.signature), "handoff-untrusted")

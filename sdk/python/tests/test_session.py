"""The session of one request."""

import unittest

from moor_session import Moor, MoorError, principal_of
from moor_session.testing import FakeMoor


class Sessions(unittest.TestCase):
    def setUp(self):
        self.fake = FakeMoor()
        self.addCleanup(self.fake.close)
        self.moor = Moor(*self.fake.settings.values())

    def stored(self, attributes, **claims):
        """A session of a request, and its id in the fake Moor."""
        session_id = self.fake.apply(None, [("Moor-Rotate", "1")])
        self.fake.patch(session_id, attributes)
        return self.moor.session(self.fake.handoff(session_id, **claims), principal_key="user"), session_id

    def test_that_are_not_used_send_nothing(self):
        session, _ = self.stored({"a": 1})
        self.assertEqual(session.headers(None), [])

    def test_send_changes_above_4_kib_by_the_session_api_and_keep_the_changes_of_others(self):
        session, session_id = self.stored({"a": 1})
        values = session.load()
        self.fake.patch(session_id, {"other": 2})
        values["large"] = "x" * 5_000
        self.assertEqual(session.headers(values), [("Moor-Version", "4")])
        session.store_late(values)
        self.assertEqual(self.fake.sessions[session_id].version, 4)
        values["late"] = 3
        session.store_late(values)
        self.assertEqual(self.fake.sessions[session_id].attributes, {"a": 1, "other": 2, "large": "x" * 5_000, "late": 3})

    def test_that_are_new_send_up_to_16_kib_by_headers_and_no_more(self):
        session = self.moor.session(self.fake.handoff())
        self.assertEqual([name for name, _ in session.headers({"a": "x" * 16_000})], ["Moor-Patch"])
        with self.assertRaises(MoorError) as raised:
            self.moor.session(self.fake.handoff()).headers({"a": "x" * 16_400})
        self.assertEqual((raised.exception.code, raised.exception.status), ("change-too-large", 500))

    def test_count_the_other_headers_of_the_response_which_nginx_counts_too(self):
        session, _ = self.stored({})
        self.assertEqual(session.headers({"a": "x" * 600}, other_bytes=3_500), [("Moor-Version", "3")])
        session, _ = self.stored({"a": 1})
        self.assertEqual(session.headers({"a": 1}, other_bytes=5_000), [])

    def test_send_everything_of_a_rotation_by_headers(self):
        session, _ = self.stored({})
        session.rotate()
        names = {name for name, _ in session.headers({"a": "x" * 6_000})}
        self.assertEqual(names, {"Moor-Patch", "Moor-Rotate"})

    def test_read_attributes_that_are_too_large_for_the_handoff(self):
        session, session_id = self.stored({"a": "x" * 3_000})
        self.assertEqual(session.load(), {"a": "x" * 3_000})
        self.fake.sessions.clear()
        with self.assertRaises(MoorError) as raised:
            self.moor.session(self.fake.handoff(sid=session_id, new=False)).load()
        self.assertEqual((raised.exception.code, raised.exception.status), ("session-over", 503))

    def test_are_never_empty_because_moor_does_not_answer(self):
        session, _ = self.stored({"a": "x" * 3_000})
        self.fake.close()
        with self.assertRaises(MoorError) as raised:
            session.load()
        self.assertEqual((raised.exception.code, raised.exception.status), ("session-unavailable", 503))

    def test_that_log_in_another_user_send_everything_because_a_new_session_begins(self):
        session, session_id = self.stored({"a": {"b": 1}, "c": 2}, sub="alice")
        headers = session.headers({"a": {"b": 1}, "user": "bob"})
        self.assertIn(("Moor-Principal", "bob"), headers)
        self.fake.sessions[session_id].principal = "alice"
        after = self.fake.apply(session_id, headers)
        self.assertNotEqual(after, session_id)
        self.assertEqual(self.fake.sessions[after].attributes, {"a": {"b": 1}, "user": "bob"})

    def test_send_the_principal_with_the_response_that_logs_in_alone(self):
        session, _ = self.stored({"user": "alice"})
        session.rotate()
        self.assertEqual(session.headers(None), [("Moor-Rotate", "1")])
        session, _ = self.stored({"user": "alice"})
        session.clear()
        self.assertIn(("Moor-Principal", "alice"), session.headers({"user": "alice"}))

    def test_rotate_at_a_logout_that_keeps_other_values_and_end_if_there_are_none(self):
        session, _ = self.stored({"user": "alice", "language": "de"})
        self.assertEqual(session.headers({"language": "de"}), [("Moor-Patch", '{"user":null}'), ("Moor-Rotate", "1")])
        session, _ = self.stored({"user": "alice"})
        self.assertEqual(session.headers({}), [("Moor-End", "1")])

    def test_refuse_a_change_after_the_headers_of_a_rotation(self):
        session, _ = self.stored({})
        session.rotate()
        session.headers({"a": 1})
        with self.assertRaises(MoorError) as raised:
            session.store_late({"a": 2})
        self.assertEqual(raised.exception.code, "session-over")

    def test_keep_attributes_that_the_application_cannot_read(self):
        session, session_id = self.stored({"theirs": {"$python": "???"}, "a": 1})
        with self.assertLogs("moor_session", "WARNING"):
            self.assertEqual(session.headers({"a": 2}), [("Moor-Patch", '{"a":2}')])

    def test_of_requests_without_a_handoff_are_empty_and_drop_changes_with_a_line_in_the_log(self):
        session = self.moor.session(None, path="/health")
        self.assertEqual((session.load(), session.id, session.is_new), ({}, None, True))
        with self.assertLogs("moor_session", "WARNING") as logged:
            self.assertEqual(session.headers({"a": 1}), [])
        self.assertEqual(len(logged.output), 1)
        self.assertIn("/health", logged.output[0])

    def test_name_a_user_in_visible_ascii(self):
        names = {"alice": "alice", 7: "7", "Zoë 5%": "Zo%C3%AB%205%25", "a\r\nMoor-End: 1": "a%0D%0AMoor-End:%201"}
        self.assertEqual({name: principal_of(name) for name in names}, names)
        with self.assertRaises(MoorError):
            principal_of("ä" * 100)


class Settings(unittest.TestCase):
    def test_without_an_issuer_or_an_audience_are_refused(self):
        for issuer, audience, url in (
            (None, "a", None),
            ("https://a.test", None, None),
            ("a.test", "a", None),
            ("https://a.test", "a", "x"),
        ):
            with self.subTest(issuer=issuer, audience=audience, url=url), self.assertRaisesRegex(ValueError, "MOOR_"):
                Moor(issuer, audience, url)

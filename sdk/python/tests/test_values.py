"""Values of a session on their way to attributes and back."""

import unittest
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

from moor_session import PlainSerializer
from moor_session.merge import merge_diff, merged, patch_lines
from moor_session.values import TAG, decode, encode

PLAIN = PlainSerializer()

JSON = [True, 0, -(2**53) + 1, 0.5, "", "桃 🍑", [None, [1, "x"]], {"a": {"b": [{}]}}]
TAGGED = [
    None,
    1.0,
    2**53,
    float("inf"),
    "\udcff",
    b"\x00\xff",
    (1, (2, "x")),
    {1, 2},
    frozenset([b"x"]),
    {"a": None},
    {1: "a", (2, 3): "b"},
    {"$php": "AAAA"},
    {"$python": "AAAA"},
    [datetime(2024, 2, 29, 12, 30, 1, 5, timezone(timedelta(hours=2)))],
    date(2024, 2, 29),
    time(12, 30),
    timedelta(days=-1, microseconds=5),
    Decimal("0.10"),
    UUID(int=7),
]


class Values(unittest.TestCase):
    def test_that_json_brings_back_as_they_were_travel_as_json(self):
        for value in JSON:
            with self.subTest(value=value):
                self.assertEqual(encode({"a": value}, {}, PLAIN), {"a": value})

    def test_of_other_kinds_come_back_with_their_type(self):
        for value in TAGGED:
            with self.subTest(value=value):
                attributes = encode({"a": value}, {}, PLAIN)
                self.assertEqual(list(attributes["a"]), [TAG])
                back = decode(attributes, PLAIN)["a"]
                self.assertEqual((back, type(back)), (value, type(value)))

    def test_that_nest_deeper_than_moor_allows_are_tagged(self):
        deep = []
        for _ in range(31):
            deep = [deep]
        self.assertIn(TAG, encode({"a": deep}, {}, PLAIN)["a"])
        self.assertEqual(decode(encode({"a": deep}, {}, PLAIN), PLAIN), {"a": deep})

    def test_of_classes_that_are_not_plain_are_a_type_error_that_names_the_value(self):
        with self.assertRaisesRegex(TypeError, "'order'.*test_values.Values is not plain data"):
            encode({"order": [self]}, {}, PLAIN)

    def test_that_did_not_change_keep_the_text_that_is_stored(self):
        stored = {"a": {TAG: encode({"a": {1, 2}}, {}, PLAIN)["a"][TAG]}, "b": {"$php": "AAAA"}}
        self.assertEqual(encode(decode(stored, PLAIN), stored, Changing()), stored)

    def test_that_cannot_be_read_are_left_out_and_logged(self):
        with self.assertLogs("moor_session", "WARNING") as logged:
            self.assertEqual(decode({"a": {TAG: "???"}, "b": 1}, PLAIN), {"b": 1})
        self.assertIn("'a' cannot be read", logged.output[0])

    def test_are_copies(self):
        stored = {"a": [1]}
        decode(stored, PLAIN)["a"].append(2)
        self.assertEqual(stored, {"a": [1]})


class MergePatches(unittest.TestCase):
    def test_have_the_members_that_differ_alone(self):
        before = {"same": {"a": 1}, "object": {"a": 1, "b": {"c": 1}}, "gone": 1, "kind": 1}
        after = {"same": {"a": 1}, "object": {"a": 1, "b": {"d": 2}}, "kind": True, "new": []}
        patch = merge_diff(before, after)
        self.assertEqual(patch, {"gone": None, "object": {"b": {"c": None, "d": 2}}, "kind": True, "new": []})
        self.assertIs(merged(before, patch)["kind"], True)
        self.assertEqual(merged(before, patch), after)

    def test_become_lines_of_ascii_below_4_kib(self):
        lines = patch_lines({f"ä{index}": "\u007f桃" * 100 for index in range(20)})
        self.assertTrue(all(line.isascii() and line.isprintable() and len(line) <= 4_000 for line in lines))
        self.assertGreater(len(lines), 1)


class Changing(PlainSerializer):
    """A serializer whose bytes are never the same twice, as with sets in pickle."""

    def dumps(self, value):
        raise AssertionError("the value did not change")

"""JSON merge patches (RFC 7396)."""

from __future__ import annotations

import json
import math
from typing import Any

#: How many bytes the `Moor-Patch` headers of a response may carry together.
MOST_PATCH_BYTES = 16_384
#: Servers in front of an application refuse long header lines: nginx above 4,096 bytes by default.
LINE_BYTES = 4_000
#: How deep a value may nest and still travel as JSON. Moor lets a patch nest two levels deeper.
MOST_LEVELS = 30

Json = dict[str, Any]


def merge_diff(before: Json, after: Json) -> Json:
    """The smallest merge patch that turns `before` into `after`; empty if they are the same.

    Members that did not change are left out, so that the changes of other requests to them survive.
    """
    patch: Json = {name: None for name in before if name not in after}
    for name, value in after.items():
        old = before.get(name)
        if isinstance(old, dict) and isinstance(value, dict):
            inner = merge_diff(old, value)
            if inner:
                patch[name] = inner
        elif name not in before or to_json(old) != to_json(value):
            patch[name] = value
    return patch


def merged(target: Json, patch: Json) -> Json:
    """The target with a merge patch applied. Neither argument is changed."""
    result = dict(target)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            inner = result.get(name)
            result[name] = merged(inner if isinstance(inner, dict) else {}, value)
        else:
            result[name] = value
    return result


def to_json(value: Any) -> str:
    """JSON in ASCII, as a header must have it. Equal values have equal texts; 1, 1.0 and True are three values."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, allow_nan=False)


def patch_lines(patch: Json) -> list[str]:
    """The values of the `Moor-Patch` headers that carry a patch. A line is short where possible; a single attribute may exceed it."""
    lines: list[str] = []
    line = ""
    for name, value in patch.items():
        member = f"{to_json(name)}:{to_json(value)}"
        if line and len(line) + len(member) + 3 > LINE_BYTES:
            lines.append(f"{{{line}}}")
            line = ""
        line = f"{line},{member}" if line else member
    return [*lines, f"{{{line}}}"] if line else lines


def is_json(value: Any, levels: int = MOST_LEVELS) -> bool:
    """Whether an attribute can hold this value as JSON, and gives exactly this value back.

    A merge patch cannot keep a None in a dict. Moor's numbers round integers beyond 2**53, and make 1 of 1.0. Lone surrogates are not
    UTF-8.
    """
    kind = type(value)
    if kind is bool:
        return True
    if kind is int:
        return abs(value) < 2**53
    if kind is float:
        return math.isfinite(value) and not value.is_integer()
    if kind is str:
        return value.isascii() or _is_utf8(value)
    if levels == 0:
        return False
    if kind is list:
        return all(item is None or is_json(item, levels - 1) for item in value)
    if kind is dict:
        return all(type(name) is str and _is_utf8(name) and is_json(item, levels - 1) for name, item in value.items())
    return False


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True

"""The values of a session, as attributes hold them."""

from __future__ import annotations

import base64
import json
import logging
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from .merge import Json, is_json

#: An object with this member alone holds the base64 of a value that is not JSON.
TAG = "$python"
#: When a session ends that has an expiry of its own, in seconds since 1970.
EXPIRES = "$expires"
#: The key of a session that its framework has named before Moor gave it an id.
KEY = "$key"
#: Attributes of the drop-in itself, which the application does not see.
OWN_NAMES = frozenset({EXPIRES, KEY})

_log = logging.getLogger("moor_session")


class Serializer(Protocol):
    """Turns values that are not JSON into bytes, as `pickle` does."""

    def dumps(self, value: Any) -> bytes:
        """Raises TypeError for a value that it cannot keep."""

    def loads(self, data: bytes) -> Any:
        """The value of bytes that `dumps` has made."""


def encode(values: Json, stored: Json, serializer: Serializer) -> Json:
    """Values as attributes. A value that is equal to a stored value keeps the text that is stored.

    Raises TypeError if the serializer cannot keep a value.
    """
    return {name: _encoded(name, value, stored.get(name), serializer) for name, value in values.items()}


def decode(attributes: Json, serializer: Serializer) -> Json:
    """Attributes as new values, without those that cannot be read and those that are the drop-in's own."""
    values = {}
    for name, attribute in attributes.items():
        if name in OWN_NAMES:
            continue
        try:
            values[name] = _decoded(attribute, serializer)
        except Exception as fault:  # Serializers have errors of any kind.
            _log.warning("the attribute %r cannot be read: %s", name, type(fault).__name__)
    return values


def _encoded(name: str, value: Any, stored: Any, serializer: Serializer) -> Any:
    if not isinstance(name, str) or name in OWN_NAMES:
        raise TypeError(f"{name!r} cannot be the name of a value in a session")
    if is_json(value) and not _is_tagged(value):
        return value
    if _is_tagged(stored) and _is_same(stored, value, serializer):
        return stored
    try:
        return {TAG: base64.b64encode(serializer.dumps(value)).decode("ascii")}
    except Exception as cause:
        raise TypeError(f"the value of {name!r} cannot be kept in a session: {cause}") from cause


def _is_same(stored: Any, value: Any, serializer: Serializer) -> bool:
    try:
        before = _decoded(stored, serializer)
    except Exception:  # Another program's text is replaced by this program's text.
        return False
    return type(before) is type(value) and bool(before == value)


def _decoded(attribute: Any, serializer: Serializer) -> Any:
    if isinstance(attribute, dict) and TAG in attribute and len(attribute) == 1:
        return serializer.loads(base64.b64decode(attribute[TAG], validate=True))
    return json.loads(json.dumps(attribute))


def _is_tagged(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith("$")


class PlainSerializer:
    """Keeps the types of the standard library that hold plain data. No class is loaded by name, so the bytes run no code.

    It keeps None, bool, int, float, str, bytes, list, tuple, dict, set, frozenset, datetime, date, time, timedelta, Decimal and UUID.
    """

    def dumps(self, value: Any) -> bytes:
        """Raises TypeError for a value of another type, also within a list or a dict."""
        return json.dumps(self._tree(value)).encode()

    def loads(self, data: bytes) -> Any:
        """Raises ValueError or KeyError if the bytes are not of `dumps`."""
        return self._value(json.loads(data))

    def _tree(self, value: Any) -> Any:
        kind = type(value)
        if value is None or kind in (bool, int, float, str):
            return value
        if kind in _CONTAINERS.values():
            return {kind.__name__: [self._tree(item) for item in value]}
        if kind is dict:
            return {"dict": [[self._tree(name), self._tree(item)] for name, item in value.items()]}
        if kind in _TEXTS:
            return {kind.__name__: _TEXTS[kind](value)}
        raise TypeError(f"{kind.__module__}.{kind.__qualname__} is not plain data")

    def _value(self, tree: Any) -> Any:
        if not isinstance(tree, dict):
            return tree
        ((kind, content),) = tree.items()
        if kind in _CONTAINERS:
            return _CONTAINERS[kind](self._value(item) for item in content)
        if kind == "dict":
            return {self._value(name): self._value(item) for name, item in content}
        return _OF_TEXTS[kind](content)


_CONTAINERS: Any = {kind.__name__: kind for kind in (list, tuple, set, frozenset)}

_TEXTS: Any = {
    bytes: lambda value: base64.b64encode(value).decode("ascii"),
    datetime: datetime.isoformat,
    date: date.isoformat,
    time: time.isoformat,
    timedelta: lambda value: [value.days, value.seconds, value.microseconds],
    Decimal: str,
    UUID: str,
}

_OF_TEXTS: Any = {
    "bytes": base64.b64decode,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "timedelta": lambda parts: timedelta(*parts),
    "Decimal": Decimal,
    "UUID": UUID,
}

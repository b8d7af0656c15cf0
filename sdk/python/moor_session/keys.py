"""Moor's public keys."""

from __future__ import annotations

import http.client
import json
import re
import threading
import urllib.request
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Optional

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from jwt.algorithms import ECAlgorithm

from .errors import MoorError
from .moor_http import open_url

#: How long the keys count after they were read: as their `Cache-Control` says, within these bounds.
LEAST_LIFE_SECONDS = 30
MOST_LIFE_SECONDS = 300
#: How soon the keys are read again after a read failed, while the old keys serve.
AGAIN_SECONDS = 30
#: How soon the keys are read again for another handoff that fits no known key, and while there is no key that may be used. Anybody can send
#: such handoffs.
SEEK_SECONDS = 5
#: How long the keys count at most, from when they were read, while they cannot be read again.
STALE_SECONDS = 3_600


@dataclass(frozen=True)
class PublishedKey:
    """A key, and the point on the curve that it was made of."""

    x: str
    y: str
    key: EllipticCurvePublicKey


class KeySet:
    """Moor's public keys (RFC 7517), read on first use.

    The keys count for as long as their `Cache-Control` says, 30 seconds at least and 5 minutes at most. While reading fails it is tried
    every 30 seconds, and the keys stay in use for an hour after they were read. A kid or a signature that fits no key has the keys read
    at once, at most every 5 seconds.
    """

    def __init__(self, url: str, timeout_seconds: float, now: Callable[[], float]) -> None:
        self._url = url
        self._timeout_seconds = timeout_seconds
        self._now = now
        self._reading = threading.Lock()
        self._keys: dict[str, PublishedKey] = {}
        self._failure: Optional[Exception] = None
        self._fresh_until = self._usable_until = float("-inf")
        self._asked_at = self._sought_at = float("-inf")

    def get(self, kid: str, unfit: Optional[PublishedKey] = None) -> Optional[PublishedKey]:
        """The key that Moor publishes under a kid. None: Moor publishes no such key.

        `unfit` is a key that a signature does not fit: the kid is looked up again for another key. Raises MoorError `keys-unavailable`
        if it cannot be told whether Moor publishes the key.
        """
        known = self._find(kid, unfit)
        if known and self._now() < self._fresh_until:
            return known
        # Requests that wait here find the keys that the first of them has read.
        with self._reading:
            known = self._find(kid, unfit)
            if known and self._now() < self._fresh_until:
                return known
            self._read_if_due(self._now())
            known = self._find(kid, unfit)
            if known is None and self._failure:
                raise MoorError("keys-unavailable", f"Moor's public keys cannot be read from {self._url}") from self._failure
            return known

    def _find(self, kid: str, unfit: Optional[PublishedKey]) -> Optional[PublishedKey]:
        key = self._keys.get(kid) if self._now() < self._usable_until else None
        return None if key is unfit else key

    def _read_if_due(self, now: float) -> None:
        if now < self._fresh_until:
            due_at = self._sought_at + SEEK_SECONDS
        else:
            due_at = self._asked_at + (AGAIN_SECONDS if now < self._usable_until else SEEK_SECONDS)
        if now < due_at:
            return
        if now < self._fresh_until:
            self._sought_at = now
        self._asked_at = now
        try:
            with open_url(urllib.request.Request(self._url), self._timeout_seconds) as response:
                keys = import_keys(json.load(response), self._keys)
                life_seconds = _life_seconds(response.headers)
        except (OSError, ValueError, http.client.HTTPException) as cause:
            self._failure = cause
            return
        self._keys = keys
        self._failure = None
        self._fresh_until = now + life_seconds
        self._usable_until = now + STALE_SECONDS


def import_keys(document: Any, known: Mapping[str, PublishedKey]) -> dict[str, PublishedKey]:
    """The signing keys of a JWK set. A key of `known` that is still published stays the same object. Raises ValueError."""
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("the answer is not a JWK set")
    keys: dict[str, PublishedKey] = {}
    for jwk in filter(_is_signing_key, document["keys"]):
        kid, x, y = jwk["kid"], jwk["x"], jwk["y"]
        same = known.get(kid)
        keys[kid] = same if same and (same.x, same.y) == (x, y) else PublishedKey(x, y, _import(x, y))
    return keys


def _import(x: str, y: str) -> EllipticCurvePublicKey:
    try:
        key = ECAlgorithm.from_jwk({"kty": "EC", "crv": "P-256", "x": x, "y": y})
    except Exception as cause:
        raise ValueError("a key of the set cannot be read") from cause
    if not isinstance(key, EllipticCurvePublicKey):
        raise ValueError("a key of the set is not public")
    return key


def _is_signing_key(jwk: Any) -> bool:
    # RFC 7517, section 5: keys of other kinds are ignored.
    return (
        isinstance(jwk, dict)
        and jwk.get("kty") == "EC"
        and jwk.get("crv") == "P-256"
        and jwk.get("use", "sig") == "sig"
        and jwk.get("alg", "ES256") == "ES256"
        and all(isinstance(jwk.get(member), str) for member in ("kid", "x", "y"))
    )


def _life_seconds(headers: Mapping[str, str]) -> float:
    cache_control = headers.get("Cache-Control", "")
    if re.search(r"(^|[\s,])no-(store|cache)\b", cache_control, re.IGNORECASE):
        return LEAST_LIFE_SECONDS
    found = re.search(r'(?:^|[\s,])max-age="?(\d+)', cache_control, re.IGNORECASE)
    if not found:
        return MOST_LIFE_SECONDS
    age = headers.get("Age", "")
    seconds = int(found[1]) - (int(age) if age.isdecimal() else 0)
    return min(max(seconds, LEAST_LIFE_SECONDS), MOST_LIFE_SECONDS)

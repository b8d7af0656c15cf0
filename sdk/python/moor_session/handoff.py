"""The verified content of the request header `Moor-Session`."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Callable, NoReturn, Optional

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from .errors import MoorError
from .keys import KeySet, PublishedKey
from .provider_login import ProviderLogin, read_login

#: Above any handoff that Moor makes: 16 KiB of attributes are 22 KB in base64url.
MOST_CHARACTERS = 32_768
#: Moor signs a handoff once for each version of a session and sends it along for half a minute.
REMEMBERED = 512
#: Longer handoffs are not remembered: all together are a few megabytes at most.
LONGEST_REMEMBERED = 4_096
#: Beyond it, JavaScript's numbers are not exact.
MOST_COUNT = 2**53 - 1

_COMPACT = re.compile(r"([\w-]+)\.([\w-]+)\.([\w-]{86})", re.ASCII)
_ES256 = ECDSA(SHA256())


@dataclass(frozen=True)
class Handoff:
    """The facts that Moor told about the session of a request."""

    #: The handoff itself, which authorises calls of the session API.
    token: str
    #: None as long as the session is not stored: its first change gives it an id.
    id: Optional[str] = None
    version: int = 0
    generation: int = 0
    #: The user that the session belongs to, None before a login.
    principal: Optional[str] = None
    is_new: bool = False
    #: The session was read while stores were failing, so it may be older than the visitor has seen.
    stale: bool = False
    #: The values that an earlier response left for this request alone.
    flash: dict[str, Any] = field(default_factory=dict)
    #: None: the attributes were too large for the handoff, and the session API has them.
    attributes: Optional[dict[str, Any]] = None
    #: None unless Moor has logged the visitor in at a provider.
    provider_login: Optional[ProviderLogin] = None


@dataclass(frozen=True)
class _Signed:
    kid: str
    key: PublishedKey
    claims: str


class HandoffVerifier:
    """Verifies the compact JWTs of `Moor-Session` headers (RFC 7515, 7519).

    They must have ES256, a published key, this issuer, this audience, and be valid now. A right signature is not checked again while its
    key is published; the last 512 are remembered.
    """

    def __init__(self, keys: KeySet, issuer: str, audience: str, tolerance_seconds: float, now: Callable[[], float]) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._tolerance_seconds = tolerance_seconds
        self._now = now
        self._remembered: OrderedDict[str, _Signed] = OrderedDict()
        self._remembering = threading.Lock()

    def verify(self, token: str) -> Handoff:
        """Raises MoorError `handoff-…` or `keys-unavailable`."""
        claims = _parse(self._signed_claims(token))
        if claims.get("iss") != self._issuer:
            _refuse("misdirected", f"its issuer is {claims.get('iss')!r}, not {self._issuer!r}")
        if claims.get("aud") != self._audience:
            _refuse("misdirected", f"its audience is {claims.get('aud')!r}, not {self._audience!r}")
        issued_at, expires_at, now = _count(claims, "iat"), _count(claims, "exp"), self._now()
        if now >= expires_at + self._tolerance_seconds:
            _refuse("expired", f"it expired at {expires_at}; it is {now:.0f}")
        if now < issued_at - self._tolerance_seconds:
            _refuse("expired", f"it was issued at {issued_at}; it is {now:.0f}")
        return _read(token, claims)

    def _signed_claims(self, token: str) -> str:
        known = self._remembered.get(token)
        if known and self._keys.get(known.kid) is known.key:
            return known.claims
        signed = self._check(token)
        if len(token) <= LONGEST_REMEMBERED:
            with self._remembering:
                self._remembered[token] = signed
                if len(self._remembered) > REMEMBERED:
                    self._remembered.popitem(last=False)
        return signed.claims

    def _check(self, token: str) -> _Signed:
        if len(token) > MOST_CHARACTERS:
            _refuse("malformed", f"it has {len(token)} characters, of at most {MOST_CHARACTERS}")
        parts = _COMPACT.fullmatch(token)
        if not parts:
            _refuse("malformed", "it is no compact JWT signed with ES256")
        header, signature = _parse(_text_of(parts[1])), _decode(parts[3])
        signed = token[: parts.end(2)].encode("ascii")
        if header.get("alg") != "ES256":
            _refuse("untrusted", "its algorithm is not ES256")
        kid = header.get("kid")
        if header.get("typ") != "JWT" or not isinstance(kid, str) or "crit" in header:
            _refuse("malformed", "its header is not like the header of Moor's handoffs")
        key = self._keys.get(kid)
        if not key:
            _refuse("untrusted", "Moor publishes no key of its kid")
        if not _is_signed_by(key, signed, signature):
            # A kid may name another key by now.
            key = self._keys.get(kid, unfit=key)
            if not key or not _is_signed_by(key, signed, signature):
                _refuse("untrusted", "its signature is wrong")
        return _Signed(kid, key, _text_of(parts[2]))


def _is_signed_by(key: PublishedKey, signed: bytes, signature: bytes) -> bool:
    # ES256 has two numbers side by side (RFC 7518, section 3.4).
    numbers = (int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    try:
        key.key.verify(encode_dss_signature(*numbers), signed, _ES256)
    except InvalidSignature:
        return False
    return True


# PyJWT looks at each character in Python, which costs as much as the signature.
def _decode(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError as cause:
        raise MoorError("handoff-malformed", "the handoff is refused: a part of it is not base64url") from cause


def _text_of(part: str) -> str:
    try:
        return _decode(part).decode("utf-8")
    except UnicodeDecodeError as cause:
        raise MoorError("handoff-malformed", "the handoff is refused: a part of it is not JSON") from cause


def _parse(text: str) -> dict[str, Any]:
    try:
        claims = json.loads(text)
    # Too many brackets in one another are no ValueError.
    except (ValueError, RecursionError) as cause:
        raise MoorError("handoff-malformed", "the handoff is refused: a part of it is not JSON") from cause
    if not isinstance(claims, dict):
        _refuse("malformed", "a part of it is no object")
    return claims


def _read(token: str, claims: dict[str, Any]) -> Handoff:
    session_id, principal = claims.get("sid"), claims.get("sub")
    is_new, stale = claims.get("new", False), claims.get("stale", False)
    data, flash = claims.get("data"), claims.get("flash", {})
    generation, version = _count(claims, "gen"), _count(claims, "ver")
    for name, value in (("sid", session_id), ("sub", principal)):
        if value is not None and not isinstance(value, str):
            _refuse("malformed", f"its {name} is not a string")
    if not isinstance(is_new, bool) or not isinstance(stale, bool):
        _refuse("malformed", "its new or stale is not true or false")
    if not isinstance(flash, dict) or not (data is None or isinstance(data, dict)):
        _refuse("malformed", "its data or flash is not an object")
    attributes = {} if session_id is None else data
    login = read_login(claims["login"]) if "login" in claims else None
    if "login" in claims and login is None:
        _refuse("malformed", "its login is not a login of Moor")
    return Handoff(token, session_id, version, generation, principal, is_new, stale, flash, attributes, login)


def _count(claims: dict[str, Any], name: str) -> int:
    value = claims.get(name)
    if type(value) is int and 0 <= value <= MOST_COUNT:
        return value
    _refuse("malformed", f"its {name} is not a count")


def _refuse(kind: str, reason: str) -> NoReturn:
    raise MoorError(f"handoff-{kind}", f"the handoff is refused: {reason}")

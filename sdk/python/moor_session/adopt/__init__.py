"""The endpoint by which an application that keeps its sessions by itself tells Moor who a visitor is.

`moor_session.adopt.django` and `moor_session.adopt.flask` are endpoints. This module opens Moor's questions, and signs the answers: both are
JWTs (RFC 7519) by HMAC-SHA256. It uses the standard library alone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import os
import re
import time
from dataclasses import dataclass
from typing import Any, Callable, Optional

from ..values import OWN_NAMES

_QUESTION = "moor-adopt+jwt"
_ANSWER = "moor-adopt-answer+jwt"
#: How far the clocks of Moor and of this server may be apart, in seconds.
_CLOCKS_APART_SECONDS = 60
#: The name of the value of an old session that holds the version of the values that have come back from Moor.
VERSION = "moorVersion"
#: Before a name that the drop-in has for itself.
_OTHERS = "other:"

_log = logging.getLogger("moor_session")


class QuestionRefused(Exception):
    """A question that is refused. The message says why, and holds no secret."""


@dataclass(frozen=True)
class Question:
    """A question that Moor has signed, for this application and this minute."""

    claims: dict[str, Any]
    _application: str
    _key: tuple[str, bytes]
    #: Whether its Moor may only read.
    read_only: bool = False

    @property
    def most_bytes(self) -> int:
        """The most bytes of attributes, as JSON, that Moor takes."""
        return int(self.claims.get("max", 0))

    @property
    def id(self) -> str:
        """Of a PUT or DELETE: the id of the session."""
        return str(self.claims.get("sid", ""))

    @property
    def version(self) -> int:
        """Of a PUT: the version of the attributes."""
        return int(self.claims.get("ver", 0))

    @property
    def is_forbidden(self) -> bool:
        """Whether it asks for a change, and its Moor may only read. With version 0 Moor only asks whether the session lives."""
        method = self.claims.get("htm")
        return self.read_only and (method == "DELETE" or (method == "PUT" and self.version != 0))

    def answer(self, work: Callable[[], Optional[dict[str, Any]]]) -> tuple[int, str]:
        """The status and the body of the answer.

        `work` does what the question asks for, and returns the claims of the answer. None: the visitor has no living session. It is not
        called if the Moor may not have that done.
        """
        kid, secret = self._key
        session = None if self.is_forbidden else work()
        status = 403 if self.is_forbidden else 401 if session is None else 200
        claims = {
            "iss": self._application,
            "aud": self.claims.get("iss"),
            "nonce": self.claims.get("jti"),
            "status": status,
            **({"readOnly": True} if self.read_only else {}),
            **(session or {}),
        }
        signed = f"{_encoded({'alg': 'HS256', 'typ': _ANSWER, 'kid': kid})}.{_encoded(claims)}"
        return status, f"{signed}.{_base64url(_mac(secret, signed))}"


class Questions:
    """Opens questions. `application` is the name of this application: `adopt[].from` of Moor's configuration.

    `issuer` is Moor's `MOOR_ISSUER`, and `keys` the ring that Moor has as `MOOR_CONFIRM_KEYS`. `readers` are the addresses of further Moors
    that may only read, for example of a staging, separated by spaces or commas. Their defaults are the environment's; `MOOR_READER_ISSUERS` may be
    missing. Raises ValueError if another setting is missing or has another form.
    """

    def __init__(
        self,
        application: str,
        issuer: Optional[str] = None,
        keys: Optional[str] = None,
        readers: Optional[str] = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._names = (application, (issuer or os.environ.get("MOOR_ISSUER", "")).rstrip("/"))
        self._keys = _read_keys(keys or os.environ.get("MOOR_CONFIRM_KEYS", ""))
        self._readers = [
            reader.rstrip("/") for reader in re.split(r"[\s,]+", readers or os.environ.get("MOOR_READER_ISSUERS", "")) if reader
        ]
        self._now = now
        if not all(self._names):
            raise ValueError("the name of the application and MOOR_ISSUER must be set")

    def open(self, method: str, header: Optional[str], body: bytes) -> Question:
        """The question of a request: the header `Moor-Adopt`, or the body of a PUT. Raises QuestionRefused."""
        text = body.decode("ascii", "replace") if method == "PUT" else header or ""
        parts = text.split(".")
        head = _decoded(parts[0])
        secret = self._keys.get(str(head.get("kid")))
        if len(parts) != 3 or head.get("alg") != "HS256" or head.get("typ") != _QUESTION or secret is None:
            raise QuestionRefused("this is for Moor alone")
        if not hmac.compare_digest(_base64url(_mac(secret, f"{parts[0]}.{parts[1]}")).encode(), parts[2].encode()):
            raise QuestionRefused("its signature is not of a key in MOOR_CONFIRM_KEYS")
        claims = _decoded(parts[1])
        application, issuer = self._names
        for claim, accepted, reason in (
            ("iss", [issuer, *self._readers], "it comes from a Moor that neither MOOR_ISSUER nor MOOR_READER_ISSUERS names"),
            ("aud", [application], "it asks another application than the name that is set here"),
            ("htm", [method], "it was signed for another method"),
        ):
            if claims.get(claim) not in accepted:
                raise QuestionRefused(reason)
        signed_at = claims.get("iat")
        if not isinstance(signed_at, int) or abs(self._now() - signed_at) > _CLOCKS_APART_SECONDS:
            raise QuestionRefused("it was signed more than 60 seconds ago, or a clock is wrong")
        return Question(claims, application, (str(head["kid"]), secret), claims["iss"] != issuer)


def attributes_within(attributes: dict[str, Any], question: Question) -> dict[str, Any]:
    """The claim with the attributes. If they are larger than Moor takes, the claim says that instead."""
    length = len(json.dumps(attributes, separators=(",", ":"), ensure_ascii=False).encode())
    return {"tooLarge": True} if length > question.most_bytes else {"attributes": attributes}


def renamed(values: dict[str, Any]) -> dict[str, Any]:
    """The values of a session. A name that the drop-in would read as its own gets a prefix, and is logged."""
    own = [name for name in values if name in OWN_NAMES]
    for name in own:
        _log.warning("the value %r of an old session moves as %r", name, _OTHERS + name)
    return {_OTHERS + name if name in own else name: value for name, value in values.items()}


def restored(values: dict[str, Any]) -> dict[str, Any]:
    """The same values by the names that they have in the old session."""
    by_new_name = {_OTHERS + name: name for name in OWN_NAMES}
    return {by_new_name.get(name, name): value for name, value in values.items()}


def _read_keys(text: str) -> dict[str, bytes]:
    entries = [re.fullmatch(r"([1-9][0-9]{0,2}):([\w-]{43,})", entry.strip(), re.ASCII) for entry in text.split(",")]
    if not all(entries):
        raise ValueError("MOOR_CONFIRM_KEYS must be ID:BASE64URL of 32 bytes or more, as in Moor's own environment")
    return {entry[1]: _bytes_of(entry[2]) for entry in entries if entry}


def _mac(secret: bytes, text: str) -> bytes:
    return hmac.new(secret, text.encode(), hashlib.sha256).digest()


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _encoded(claims: dict[str, Any]) -> str:
    return _base64url(json.dumps(claims, separators=(",", ":")).encode())


def _decoded(part: str) -> dict[str, Any]:
    try:
        value = json.loads(_bytes_of(part))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}

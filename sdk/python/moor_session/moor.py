"""Moor, as a server behind it sees it."""

from __future__ import annotations

import os
import time
from typing import Callable, Optional
from urllib.parse import urlsplit

from .api import SessionApi
from .errors import MoorError
from .handoff import Handoff, HandoffVerifier
from .keys import KeySet
from .session import Session
from .values import PlainSerializer, Serializer


class Moor:
    """Makes the sessions of requests. Make it once per process: it keeps Moor's public keys.

    `issuer` is Moor's `MOOR_ISSUER`, `audience` the id of this server's pool, and `url` the address at which this server reaches Moor.
    Their defaults are `MOOR_ISSUER`, `MOOR_AUDIENCE` and `MOOR_URL` of the environment; the default of `url` is the issuer. Moor may take
    `timeout_seconds` for an answer, and this machine's clock may be off by `clock_tolerance_seconds`. Raises ValueError if the issuer or
    the audience is missing.
    """

    def __init__(
        self,
        issuer: Optional[str] = None,
        audience: Optional[str] = None,
        url: Optional[str] = None,
        *,
        timeout_seconds: float = 5,
        clock_tolerance_seconds: float = 15,
        now: Callable[[], float] = time.time,
    ) -> None:
        issuer = issuer or os.environ.get("MOOR_ISSUER", "")
        audience = audience or os.environ.get("MOOR_AUDIENCE", "")
        self._url = (url or os.environ.get("MOOR_URL") or issuer).rstrip("/")
        for setting, value in (("MOOR_ISSUER", issuer), ("MOOR_URL", self._url)):
            if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname:
                raise ValueError(f"{setting} must be an http or https URL, not {value!r}")
        if not audience:
            raise ValueError("MOOR_AUDIENCE must be the id of this server's pool")
        self._timeout_seconds = timeout_seconds
        keys = KeySet(f"{self._url}/.moor/jwks.json", timeout_seconds, now)
        self._verifier = HandoffVerifier(keys, issuer, audience, clock_tolerance_seconds, now)

    def session(
        self,
        token: Optional[str],
        *,
        serializer: Optional[Serializer] = None,
        principal_key: Optional[str] = None,
        path: str = "",
    ) -> Session:
        """The session of a request with this `Moor-Session` header.

        None, a request without the header, has an empty session that cannot be stored; `path` names it in the log. Raises MoorError
        `handoff-…` for a handoff that is refused. If the keys cannot be read, the use of the session raises `keys-unavailable`, so that a
        page without a session needs no key.
        """
        serializer = serializer or PlainSerializer()
        if not token:
            return Session(lambda: None, None, serializer, principal_key, path)
        api = SessionApi(self._url, token, self._timeout_seconds)
        return Session(self._verified(token), api, serializer, principal_key, path)

    def _verified(self, token: str) -> Callable[[], Optional[Handoff]]:
        try:
            handoff = self._verifier.verify(token)
        except MoorError as fault:
            if fault.code != "keys-unavailable":
                raise
            unavailable = fault

            def fail() -> Optional[Handoff]:
                raise unavailable

            return fail
        return lambda: handoff

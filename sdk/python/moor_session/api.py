"""The session API of Moor."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any, Optional

from .errors import MoorError
from .moor_http import open_url
from .merge import Json, to_json

_CODES = {
    400: "session-refused",
    401: "session-refused",
    403: "session-refused",
    409: "session-not-stored",
    410: "session-over",
    412: "session-changed",
    413: "session-refused",
}


@dataclass(frozen=True)
class StoredSession:
    """The session as Moor stores it now."""

    attributes: Json
    version: int


class SessionApi:
    """Reads and changes a session while its request's handoff is valid. Its methods raise MoorError `session-…`."""

    def __init__(self, moor_url: str, token: str, timeout_seconds: float) -> None:
        self._url = f"{moor_url}/.moor/session"
        self._token = token
        self._timeout_seconds = timeout_seconds

    def read(self) -> StoredSession:
        """The session as it is stored."""
        return self._call("GET", None)

    def patch(self, patch: Json) -> StoredSession:
        """Merges a patch (RFC 7396) into the attributes, and returns the result."""
        return self._call("PATCH", to_json(patch).encode())

    def _call(self, method: str, body: Optional[bytes]) -> StoredSession:
        request = urllib.request.Request(self._url, data=body, method=method)
        request.add_header("Authorization", f"Bearer {self._token}")
        request.add_header("Content-Type", "application/merge-patch+json")
        try:
            with open_url(request, self._timeout_seconds) as response:
                return _read(json.load(response))
        except urllib.error.HTTPError as cause:
            with cause:
                code = _CODES.get(cause.code, "session-unavailable")
                raise MoorError(code, f"the session API answers {method} with {cause.code}: {_title(cause)}") from cause
        except (OSError, ValueError, http.client.HTTPException) as cause:
            raise MoorError("session-unavailable", f"the session API does not answer {method}") from cause


def _title(fault: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(fault)["title"])
    except (OSError, ValueError, LookupError, TypeError):
        return "no reason"


def _read(answer: Any) -> StoredSession:
    if isinstance(answer, dict):
        attributes, version = answer.get("attributes"), answer.get("version")
        if isinstance(attributes, dict) and type(version) is int:
            return StoredSession(attributes, version)
    raise ValueError("the answer is no session")

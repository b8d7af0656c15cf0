"""The session of one request."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, Callable, Optional
from urllib.parse import quote

from .api import SessionApi
from .errors import MoorError
from .handoff import Handoff
from .merge import MOST_PATCH_BYTES, Json, merge_diff, patch_lines
from .provider_login import ProviderLogin
from .values import Serializer, decode, encode

#: Larger changes go through the session API: nginx in front of an application takes this many bytes of headers by default.
MOST_HEADER_BYTES = 4_096
MOST_PRINCIPAL_CHARACTERS = 256
#: Visible ASCII without "%", which stays as it is in a principal.
_PLAIN = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) != "%")

_log = logging.getLogger("moor_session")

Headers = list[tuple[str, str]]


class Session:
    """The session that a request came with, and the changes that are not yet on their way to Moor.

    `principal_key` names the value that holds the id of the user who is logged in, if the framework has such a value.
    """

    def __init__(
        self,
        verified: Callable[[], Optional[Handoff]],
        api: Optional[SessionApi],
        serializer: Serializer,
        principal_key: Optional[str] = None,
        path: str = "",
    ) -> None:
        self._verified = verified
        self._api = api
        self._serializer = serializer
        self._principal_key = principal_key
        self._path = path
        #: The attributes as Moor stores them, with the changes on their way; None until they are asked for.
        self._stored: Optional[Json] = None
        self._own: Json = {}
        self._cleared = False
        self._rotates = False

    @property
    def id(self) -> Optional[str]:
        """Moor's id of the session. None as long as the session is not stored."""
        handoff = self._verified()
        return handoff.id if handoff else None

    @property
    def is_new(self) -> bool:
        """Whether the session is not stored yet."""
        handoff = self._verified()
        return handoff is None or handoff.is_new or handoff.id is None

    @property
    def provider_login(self) -> Optional[ProviderLogin]:
        """How the visitor has logged in at a provider. None unless Moor has logged them in."""
        handoff = self._verified()
        return handoff.provider_login if handoff else None

    def load(self) -> Json:
        """The values, free to be changed. They are asked of the session API if they were too large for the handoff.

        Raises MoorError `keys-unavailable` or `session-…`.
        """
        return {} if self._cleared else decode(self._attributes(), self._serializer)

    def own(self, name: str) -> Any:
        """A value of the drop-in itself, which the application does not see; None if there is none."""
        return self._own.get(name, None if self._cleared else self._attributes().get(name))

    def set_own(self, name: str, value: Any) -> None:
        """Sets a value of the drop-in itself, to be stored with the other changes. None removes it."""
        self._own[name] = value

    def rotate(self) -> None:
        """Gives the visitor a new generation of their token."""
        self._rotates = True

    def clear(self) -> None:
        """Begins the session anew: with the response, everything is removed that the request was shown, and the token rotates."""
        self._cleared = True
        self._own = {}

    def headers(self, values: Optional[Json], other_bytes: int = 0) -> Headers:
        """The headers that carry the changes, to be put on the response. None: the values were not used.

        `other_bytes` is the length of the response's other headers.

        Large changes are stored here, by the session API. Raises TypeError for a value that cannot be kept, and MoorError if the changes
        cannot be stored; then no part of them is.
        """
        if values is None and not self._rotates and not self._cleared and not self._own:
            return []
        before = self._attributes()
        after = self._encoded(self.load() if values is None else values)
        handoff = self._verified()
        if handoff is None:
            if after:
                self._log_dropped()
            return self._done(after, rotates=False, headers=[])
        if self.is_new and not after:
            return []
        logs_out = self._principal_key in before and self._principal_key not in after
        if (self._cleared or logs_out) and not after:
            return self._done(after, rotates=True, headers=[("Moor-End", "1")])
        principal = self._new_principal(before, after)
        starts_over = self._cleared or (principal is not None and handoff.principal not in (None, principal))
        rotates = self._rotates or self._cleared or logs_out or principal is not None
        headers = self._changes(before, after, starts_over, rotates, other_bytes)
        if principal is not None:
            headers.append(("Moor-Principal", principal))
        if rotates and (principal is None or starts_over):
            headers.append(("Moor-Rotate", "1"))
        return self._done(after, rotates, headers)

    def store_late(self, values: Json) -> None:
        """Stores changes after the headers are sent, by the session API. Raises as `headers` does."""
        before = self._attributes()
        after = self._encoded(values)
        patch = merge_diff(before, after)
        if not patch:
            return
        if self._api is None:
            self._log_dropped()
        elif self._rotates or self._cleared:
            raise MoorError("session-over", "the response has rotated the session: its changes go with its headers")
        else:
            self._api.patch(patch)
        self._stored = after

    def _attributes(self) -> Json:
        if self._stored is None:
            handoff = self._verified()
            if handoff is None or self._api is None:
                self._stored = {}
            else:
                self._stored = self._api.read().attributes if handoff.attributes is None else handoff.attributes
        return self._stored

    def _encoded(self, values: Json) -> Json:
        """Values as attributes, with the attributes that the application cannot see."""
        stored = {} if self._cleared else self._attributes()
        shown = decode(stored, self._serializer)
        hidden = {name: value for name, value in stored.items() if name not in shown}
        own = {**hidden, **self._own}
        kept = {name: value for name, value in own.items() if value is not None}
        return {**kept, **encode(values, stored, self._serializer)}

    def _changes(self, before: Json, after: Json, starts_over: bool, rotates: bool, other_bytes: int) -> Headers:
        """The headers that carry a patch. A large patch is stored by the session API, except beside a rotation, which the API refuses."""
        patch = merge_diff({} if starts_over else before, after)
        removal = patch_lines(dict.fromkeys(before)) if starts_over else []
        headers = [("Moor-Patch", line) for line in [*removal, *patch_lines(patch)]]
        size = bytes_of(headers)
        if patch and other_bytes + size > MOST_HEADER_BYTES and self._api and not rotates and not self.is_new:
            return [("Moor-Version", str(self._api.patch(patch).version))]
        if len(", ".join(line for _, line in headers)) > MOST_PATCH_BYTES:
            raise MoorError("change-too-large", f"the changes have {size} bytes; one response carries {MOST_PATCH_BYTES}")
        return headers

    def _new_principal(self, before: Json, after: Json) -> Optional[str]:
        """The user that this response logs in, if it does."""
        key = self._principal_key
        if key is None or key not in after:
            return None
        user = after[key]
        if user == before.get(key) and not self._cleared:
            return None
        if not isinstance(user, (str, int)) or user == "":
            return None
        return principal_of(user)

    def _log_dropped(self) -> None:
        _log.warning("a change of the session is dropped: the request of %s came without a handoff of Moor", self._path or "this page")

    def _done(self, after: Json, rotates: bool, headers: Headers) -> Headers:
        self._stored = after
        self._own = {}
        self._cleared = False
        self._rotates = rotates
        return headers


def bytes_of(headers: Iterable[tuple[Any, Any]]) -> int:
    """The length of the lines of headers."""
    return sum(len(name) + len(": ") + len(value) + len("\r\n") for name, value in headers)


def principal_of(user: Any) -> str:
    """A user's id as `Moor-Principal` has it: each "%" and each byte that is not visible ASCII is percent-encoded.

    Raises MoorError `change-too-large` above 256 characters.
    """
    principal = quote(str(user), safe=_PLAIN)
    if len(principal) > MOST_PRINCIPAL_CHARACTERS:
        raise MoorError("change-too-large", f"the id of the user has more than {MOST_PRINCIPAL_CHARACTERS} characters")
    return principal

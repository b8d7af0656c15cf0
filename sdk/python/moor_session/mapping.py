"""The session of a request as a mapping, for frameworks that have dicts for sessions."""

from __future__ import annotations

import logging
from collections.abc import Iterator, MutableMapping
from typing import Any, Optional

from .errors import MoorError
from .merge import Json
from .session import Headers, Session

_log = logging.getLogger("moor_session")


class SessionValues(MutableMapping[str, Any]):
    """The values of a session, read on first use. Changes of them are stored, also changes within a list or a dict.

    Every use raises MoorError with the status 503 if the session cannot be read.
    """

    def __init__(self, moor: Session) -> None:
        #: The session behind the values.
        self.moor = moor
        self._loaded: Optional[Json] = None

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._values[name] = value

    def __delitem__(self, name: str) -> None:
        del self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def clear(self) -> None:
        """Removes everything. The visitor's token rotates; a session that stays empty ends with the response."""
        self.moor.clear()
        self._loaded = {}

    def rotate(self) -> None:
        """Gives the visitor's token a new generation, and keeps the values. Call it at each login."""
        self.moor.rotate()

    def save(self) -> None:
        """Stores what has changed since the headers were sent, now. Before the headers, the response carries the changes."""
        if self._loaded is not None:
            self.moor.store_late(self._loaded)

    def headers(self, other_bytes: int) -> Headers:
        """The headers of the response that carry the changes, beside so many bytes of other headers. Raises as `Session.headers`."""
        return self.moor.headers(self._loaded, other_bytes)

    def finish(self) -> None:
        """Stores changes that were made after the headers. A change that cannot be stored is an error in the log."""
        try:
            self.save()
        except MoorError as fault:
            _log.error("a change after the headers is lost (%s): %s", fault.code, fault)

    @property
    def _values(self) -> Json:
        if self._loaded is None:
            self._loaded = self.moor.load()
        return self._loaded

"""Sessions for WSGI applications (PEP 3333)."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import Any, Callable, Optional

from .errors import MoorError
from .mapping import SessionValues
from .moor import Moor
from .session import Session, bytes_of
from .values import Serializer

#: Where the session of a request is in its environment.
ENVIRON_KEY = "moor.session"

_REASONS = {403: "Forbidden", 500: "Internal Server Error", 503: "Service Unavailable"}
_log = logging.getLogger("moor_session")

Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class MoorSessionMiddleware:
    """Puts the session of each request at `environ["moor.session"]`, a mapping, and stores the changes of it.

    `principal_key` names the value that holds the id of the user who is logged in. `serializer` keeps values that are not JSON; the
    default keeps the plain types of the standard library. `values` makes the mapping. `moor` is made from the environment by default.
    """

    def __init__(
        self,
        app: WsgiApp,
        moor: Optional[Moor] = None,
        *,
        principal_key: Optional[str] = None,
        serializer: Optional[Serializer] = None,
        values: Callable[[Session], SessionValues] = SessionValues,
    ) -> None:
        self._app = app
        self._moor = moor or Moor()
        self._principal_key = principal_key
        self._serializer = serializer
        self._make_values = values

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answers a request: 403 if its handoff is refused, 503 if its session is used and cannot be read."""
        try:
            session = self._moor.session(
                environ.get("HTTP_MOOR_SESSION"),
                serializer=self._serializer,
                principal_key=self._principal_key,
                path=environ.get("PATH_INFO", ""),
            )
        except MoorError as fault:
            return _refuse(fault, start_response)
        values = self._make_values(session)
        environ[ENVIRON_KEY] = values
        return self._respond(environ, _Head(start_response, values), values)

    def _respond(self, environ: Environ, head: _Head, values: SessionValues) -> Iterator[bytes]:
        body: Iterable[bytes] = ()
        try:
            body = self._app(environ, head.hold)
            for part in body:
                if part:
                    head.send()
                    yield part
            head.send()
            values.finish()
        except MoorError as fault:
            if head.is_sent:
                raise
            yield from _refuse(fault, head.start_response)
        finally:
            close = getattr(body, "close", None)
            if close:
                close()


class _Head:
    """The status and the headers of a response. They wait for the first part of the body, because until then the session can change."""

    def __init__(self, start_response: Callable[..., Any], values: SessionValues) -> None:
        self.start_response = start_response
        self.is_sent = False
        self._values = values
        self._held: Any = None
        self._write: Any = None

    def hold(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], Any]:
        if self.is_sent:
            # With `exc_info` the server raises the application's error; without it, its own.
            return self.start_response(status, headers, exc_info)
        self._held = (status, headers, exc_info)
        return self._write_now

    def send(self) -> None:
        if self.is_sent or self._held is None:
            return
        status, headers, exc_info = self._held
        changes = self._values.headers(bytes_of(headers))
        self.is_sent = True
        self._write = self.start_response(status, [*headers, *changes], exc_info)

    def _write_now(self, data: bytes) -> Any:
        self.send()
        return self._write(data)


def _refuse(fault: MoorError, start_response: Callable[..., Any]) -> list[bytes]:
    _log.warning("a request is answered with %d (%s): %s", fault.status, fault.code, fault)
    text = f"{_REASONS[fault.status]}\n".encode()
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(text))), ("Cache-Control", "no-store")]
    start_response(f"{fault.status} {_REASONS[fault.status]}", headers)
    return [text]

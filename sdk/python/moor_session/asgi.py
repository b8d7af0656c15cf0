"""Sessions for ASGI applications such as Starlette and FastAPI."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Awaitable, Callable, Optional

from .errors import MoorError
from .mapping import SessionValues
from .moor import Moor
from .session import bytes_of
from .values import Serializer

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

_log = logging.getLogger("moor_session")


class MoorSessionMiddleware:
    """Puts the session of each request at `scope["session"]`, where Starlette's `request.session` is, and stores the changes of it.

    `principal_key` names the value that holds the id of the user who is logged in. `serializer` keeps values that are not JSON; the
    default keeps the plain types of the standard library. `moor` is made from the environment by default. Changes on a WebSocket are
    stored when the application ends, or by `await asyncio.to_thread(websocket.session.save)`.
    """

    def __init__(
        self,
        app: AsgiApp,
        moor: Optional[Moor] = None,
        *,
        principal_key: Optional[str] = None,
        serializer: Optional[Serializer] = None,
    ) -> None:
        self._app = app
        self._moor = moor or Moor()
        self._principal_key = principal_key
        self._serializer = serializer

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answers a request: 403 if its handoff is refused, 503 if its session is used and cannot be read."""
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        try:
            values = await asyncio.to_thread(self._open, scope)
        except MoorError as fault:
            return await _refuse(fault, scope, send)
        response = _Response(send, values)
        try:
            await self._app({**scope, "session": values}, receive, response.send)
        except MoorError as fault:
            if response.is_begun:
                raise
            return await _refuse(fault, scope, send)
        await response.finish()

    def _open(self, scope: dict[str, Any]) -> SessionValues:
        tokens = [value for name, value in scope["headers"] if name.lower() == b"moor-session"]
        token = b", ".join(tokens).decode("latin-1") or None
        options = {"serializer": self._serializer, "principal_key": self._principal_key, "path": scope["path"]}
        values = SessionValues(self._moor.session(token, **options))
        try:
            # Values that the handoff lacks are read here, where a wait holds up no other request.
            len(values)
        except MoorError as fault:
            if fault.status != 503:
                raise
            _log.warning("a request begins without its session (%s): %s", fault.code, fault)
            return _Unavailable(values.moor, fault)
        return values


class _Unavailable(SessionValues):
    """A session that cannot be read: a page that does not use it needs no session."""

    def __init__(self, moor: Any, fault: MoorError) -> None:
        super().__init__(moor)
        self._fault = fault

    @property
    def _values(self) -> dict[str, Any]:
        raise self._fault

    def clear(self) -> None:
        raise self._fault

    def rotate(self) -> None:
        raise self._fault


class _Response:
    """The way of a response to the server."""

    def __init__(self, send: Send, values: SessionValues) -> None:
        self.is_begun = False
        self._send = send
        self._values = values

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            others = list(message.get("headers", ()))
            changes = await asyncio.to_thread(self._values.headers, bytes_of(others))
            message = {**message, "headers": [*others, *((name.lower().encode(), value.encode()) for name, value in changes)]}
        elif message["type"] == "http.response.body" and not message.get("more_body"):
            # The client's next request follows the end of this response.
            await self.finish()
        self.is_begun = True
        await self._send(message)

    async def finish(self) -> None:
        await asyncio.to_thread(self._values.finish)


async def _refuse(fault: MoorError, scope: dict[str, Any], send: Send) -> None:
    _log.warning("a request is answered with %d (%s): %s", fault.status, fault.code, fault)
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008 if fault.status == 403 else 1013})
        return
    text = b"the session is not available\n"
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(text)).encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": fault.status, "headers": headers})
    await send({"type": "http.response.body", "body": text})

"""The fake Moor in front of an application, for the test clients of frameworks."""

from __future__ import annotations

from collections.abc import Iterable
from http.cookies import SimpleCookie
from typing import Any, Callable, Optional

from .fake_moor import FakeMoor

#: The cookie in which a test client keeps the id of its session.
COOKIE = "fake-moor"


def in_front_of_wsgi(moor: FakeMoor, app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """A WSGI application that hands sessions to `app`, as Moor does. In Flask: `app.wsgi_app = in_front_of_wsgi(moor, app.wsgi_app)`."""

    def front(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        session_id = id_in(environ.get("HTTP_COOKIE", ""))

        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            return start_response(status, _to_client(moor, session_id, headers), *exc_info)

        return app({**environ, "HTTP_MOOR_SESSION": moor.handoff(session_id)}, start)

    return front


def in_front_of_asgi(moor: FakeMoor, app: Any) -> Any:
    """An ASGI application that hands sessions to `app`, as Moor does."""

    async def front(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await app(scope, receive, send)
        session_id = id_in("; ".join(value.decode() for name, value in scope["headers"] if name == b"cookie"))

        async def forward(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = [(name.decode(), value.decode()) for name, value in message.get("headers", ())]
                told = [(name.encode(), value.encode()) for name, value in _to_client(moor, session_id, headers)]
                message = {**message, "headers": told}
            await send(message)

        handed = (b"moor-session", moor.handoff(session_id).encode())
        await app({**scope, "headers": [*scope["headers"], handed]}, receive, forward)

    return front


def id_in(cookie: str) -> Optional[str]:
    """The id of the session that a `Cookie` header names."""
    found = SimpleCookie(cookie).get(COOKIE)
    return found.value if found and found.value else None


def _to_client(moor: FakeMoor, session_id: Optional[str], headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Applies Moor's headers. Returns the others, with the cookie if it changes."""
    after = moor.apply(session_id, headers)
    others = [(name, value) for name, value in headers if not name.lower().startswith("moor-")]
    return others if after == session_id else [*others, ("set-cookie", f"{COOKIE}={after or ''}; Path=/")]

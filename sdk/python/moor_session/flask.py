"""Sessions for Flask."""

from __future__ import annotations

from typing import Any, Optional

from flask import Flask, Request, Response
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SessionInterface, SessionMixin

from .errors import MoorError
from .mapping import SessionValues
from .moor import Moor
from .session import Session
from .wsgi import ENVIRON_KEY, MoorSessionMiddleware


class FlaskSession(SessionValues, SessionMixin):
    """`flask.session`. Assigning it `modified` is not needed: changes within a list or a dict are noticed."""


class FlaskSerializer:
    """The serializer of Flask's own sessions. It names its types in JSON, so it runs no code of a class."""

    def __init__(self) -> None:
        self._serializer = TaggedJSONSerializer()

    def dumps(self, value: Any) -> bytes:
        return self._serializer.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        return self._serializer.loads(data.decode())


class MoorSessions(SessionInterface):
    """Makes Moor the store of an application's sessions: `MoorSessions(app)`, or `init_app` later.

    The configuration may have `MOOR_ISSUER`, `MOOR_AUDIENCE` and `MOOR_URL`; their default is the environment. `principal_key` names the
    value with the id of the user who is logged in; the default is the value of Flask-Login.
    """

    def __init__(self, app: Optional[Flask] = None, *, principal_key: Optional[str] = "_user_id") -> None:
        self._principal_key = principal_key
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Raises ValueError if the issuer or the audience is missing."""
        moor = Moor(*(app.config.get(name) for name in ("MOOR_ISSUER", "MOOR_AUDIENCE", "MOOR_URL")))
        app.session_interface = self
        app.wsgi_app = MoorSessionMiddleware(  # type: ignore[method-assign]
            app.wsgi_app, moor, principal_key=self._principal_key, serializer=FlaskSerializer(), values=FlaskSession
        )
        app.register_error_handler(MoorError, _answer)

    def open_session(self, app: Flask, request: Request) -> FlaskSession:
        """The session that the middleware has verified; outside of a request to it, an empty session that cannot be stored."""
        if ENVIRON_KEY in request.environ:
            return request.environ[ENVIRON_KEY]
        return FlaskSession(Session(lambda: None, None, FlaskSerializer()))

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """The middleware sends the changes with the first part of the body."""


def _answer(fault: MoorError) -> tuple[str, int]:
    return "the session is not available\n", fault.status

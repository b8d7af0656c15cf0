"""The fake Moor in front of a Django project, for `django.test.Client`.

In the settings of the tests, `MIDDLEWARE = ["moor_session.testing.django.FakeMoorMiddleware", *MIDDLEWARE]` and
`SESSION_ENGINE = "moor_session.testing.django"`. The engine stores sessions in the fake Moor also without a request, so `client.session`,
`client.login` and `client.force_login` work.
"""

from __future__ import annotations

from typing import Any, Optional

from django.conf import settings
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.http import HttpRequest, HttpResponse
from django.test.signals import setting_changed

from .. import django as engine
from .fake_moor import FakeMoor

moor = FakeMoor()


class SessionStore(engine.SessionStore):
    """Moor's engine, which the fake Moor serves by a session's key alone."""

    def __init__(self, session_key: Optional[str] = None, session: Any = None) -> None:
        super().__init__(session_key, session or _session_of(session_key))
        self._is_of_request = session is not None
        self._knows_key = not self._is_of_request

    @classmethod
    def clear_expired(cls) -> None:
        """Sessions in memory end with the tests."""

    def exists(self, session_key: str) -> bool:
        return session_key in moor.sessions

    def create(self) -> None:
        if self._is_of_request:
            return super().create()
        self._session_key = moor.apply(None, [("Moor-Rotate", "1")])
        self._session_cache: dict[str, Any] = {}
        self.moor = _session_of(self._session_key)
        self.modified = True

    def load(self) -> dict[str, Any]:
        if not self._is_of_request and self.session_key not in moor.sessions:
            self._session_key = None
            return {}
        return super().load()

    def save(self, must_create: bool = False) -> None:
        super().save(must_create)
        if self._is_of_request:
            return
        if must_create and self.session_key in moor.sessions:
            raise CreateError
        if not must_create and self.session_key is not None and self.session_key not in moor.sessions:
            raise UpdateError
        self._session_key = moor.apply(self.session_key, self.headers()) or self.session_key
        self.moor = _session_of(self._session_key)
        self._is_sent = False

    def delete(self, session_key: Optional[str] = None) -> None:
        if self._is_of_request:
            return super().delete(session_key)
        moor.sessions.pop(session_key or self.session_key or "", None)


class FakeMoorMiddleware:
    """Hands the session of the client's cookie to the project, and applies the headers of the response."""

    def __init__(self, get_response: Any) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session_id = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        request.META["HTTP_MOOR_SESSION"] = moor.handoff(session_id)
        response = self._get_response(request)
        after = moor.apply(session_id, response.items())
        for name in [name for name in response.headers if name.lower().startswith("moor-")]:
            del response[name]
        if after is None and session_id is not None:
            response.delete_cookie(settings.SESSION_COOKIE_NAME)
        elif after != session_id:
            response.set_cookie(settings.SESSION_COOKIE_NAME, after)
        return response


def _session_of(session_key: Optional[str]) -> Any:
    return engine._moor().session(moor.handoff(session_key), serializer=engine.SigningSerializer())


for name, value in moor.settings.items():
    setattr(settings, name, value)
    setting_changed.send(sender=None, setting=name, value=value, enter=True)

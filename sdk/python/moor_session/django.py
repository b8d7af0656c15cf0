"""Sessions for Django: a session engine, and the middleware that goes with it.

In the settings, `SESSION_ENGINE = "moor_session.django"`, and in `MIDDLEWARE` the class `moor_session.django.SessionMiddleware` in place
of Django's own. `MOOR_ISSUER`, `MOOR_AUDIENCE` and `MOOR_URL` may be settings; their default is the environment.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any, Optional

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessionMiddleware
from django.core import signing
from django.core.signals import setting_changed
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.crypto import get_random_string
from django.utils.module_loading import import_string

from .errors import MoorError
from .moor import Moor
from .session import Session
from .values import EXPIRES, KEY

_log = logging.getLogger("moor_session")


class SigningSerializer:
    """Django's serializer of sessions (`SESSION_SERIALIZER`), with a signature by `SECRET_KEY`.

    The signature keeps an attribute that another program wrote from a serializer that runs code, such as pickle.
    """

    def dumps(self, value: Any) -> bytes:
        """Raises the errors of the serializer."""
        return _signer().sign_object(value, serializer=_serializer()).encode()

    def loads(self, data: bytes) -> Any:
        """Raises `BadSignature` for bytes that no server with this `SECRET_KEY` has made."""
        return _signer().unsign_object(data.decode(), serializer=_serializer())


class SessionStore(SessionBase):
    """`request.session`. Without a request it is empty, and cannot be stored: Moor tells a session only to its own request."""

    def __init__(self, session_key: Optional[str] = None, moor: Optional[Session] = None) -> None:
        super().__init__(session_key)
        #: The session behind `request.session`.
        self.moor = moor or Session(lambda: None, None, SigningSerializer())
        self._knows_key = moor is None
        self._is_sent = False

    def _get_session_key(self) -> Optional[str]:
        if not self._knows_key:
            self._set_session_key(self.moor.own(KEY) or self.moor.id)
        return super()._get_session_key()

    def _set_session_key(self, value: Optional[str]) -> None:
        super()._set_session_key(value)
        self._knows_key = True

    def _get_session(self, no_load: bool = False) -> dict[str, Any]:
        self.accessed = True
        if not hasattr(self, "_session_cache"):
            self._session_cache: dict[str, Any] = {} if no_load else self.load()
        return self._session_cache

    async def _aget_session(self, no_load: bool = False) -> dict[str, Any]:
        return await sync_to_async(self._get_session)(no_load)

    session_key = property(_get_session_key)
    _session_key = property(_get_session_key, _set_session_key)
    _session = property(_get_session)

    @classmethod
    def clear_expired(cls) -> None:
        """Moor removes sessions by itself."""

    def load(self) -> dict[str, Any]:
        """The values of the session; an empty session if it has passed the expiry that `set_expiry` gave it."""
        expires = self.moor.own(EXPIRES)
        if isinstance(expires, (int, float)) and expires <= timezone.now().timestamp():
            self.moor.clear()
            self._session_key = None
            return {}
        return self.moor.load()

    def exists(self, session_key: str) -> bool:
        """Whether the session of this request is stored. Moor tells nothing about other sessions: they raise NotImplementedError."""
        self._require_own(session_key)
        return not self.moor.is_new

    def create(self) -> None:
        """Gives the session a key. The response stores it, with the values that it has by then."""
        self._session_key = get_random_string(32, "abcdefghijklmnopqrstuvwxyz0123456789")
        self._session_cache = {}
        self.moor.set_own(KEY, self._session_key)
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        """Before the headers are sent, the response carries the changes. After that, this stores them through the session API."""
        self.modified = True
        if self._is_sent:
            self.finish()

    def delete(self, session_key: Optional[str] = None) -> None:
        """Removes everything with the response. Another session's key raises NotImplementedError: its own request can end it."""
        if session_key is not None:
            self._require_own(session_key)
        self.moor.clear()

    def flush(self) -> None:
        """Removes everything. The visitor's token rotates; a session that stays empty ends with the response."""
        self.clear()
        self.delete()
        self._session_key = None

    async def aflush(self) -> None:
        """The same as `flush`, which waits for nothing."""
        self.flush()

    def cycle_key(self) -> None:
        """Gives the visitor's token a new generation, and keeps the values."""
        if self._session_key is None:
            values = self._session
            self.create()
            self._session_cache = values
        self.moor.rotate()
        self.modified = True

    async def acycle_key(self) -> None:
        """The same as `cycle_key`."""
        await self._aget_session()
        self.cycle_key()

    def headers(self, other_bytes: int = 0) -> list[tuple[str, str]]:
        """The headers of the response that carry the changes, beside so many bytes of other headers.

        Raises MoorError if they cannot be stored.
        """
        if not self.modified and not settings.SESSION_SAVE_EVERY_REQUEST:
            return []
        values = self._session
        self._set_expiry(values.get("_session_expiry"))
        headers = self.moor.headers(values, other_bytes)
        self._is_sent = True
        self.modified = False
        return headers

    def finish(self) -> None:
        """Stores changes that were made after the headers. A change that cannot be stored is an error in the log."""
        if not self.modified:
            return
        try:
            self.moor.store_late(self._session)
            self.modified = False
        except MoorError as fault:
            _log.error("a change after the headers is lost (%s): %s", fault.code, fault)

    def _set_expiry(self, expiry: Any) -> None:
        # 0 stands for the end of the browser's session, which Moor's own cookie decides.
        self.moor.set_own(EXPIRES, int(self.get_expiry_date(expiry=expiry).timestamp()) if expiry else None)

    def _require_own(self, session_key: str) -> None:
        if session_key != self.session_key:
            raise NotImplementedError("Moor tells and ends a session only by the session's own request")


class SessionMiddleware(DjangoSessionMiddleware):
    """Django's session middleware, with the handoff in place of the cookie."""

    def process_request(self, request: HttpRequest) -> Optional[HttpResponse]:
        """Verifies the handoff. A handoff that is refused is answered with 403."""
        token = request.META.get("HTTP_MOOR_SESSION")
        try:
            moor = _moor().session(token, serializer=SigningSerializer(), principal_key="_auth_user_id", path=request.path)
            request.session = self.SessionStore(None, moor)
        except MoorError as fault:
            return _refuse(fault)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> Optional[HttpResponse]:
        """Answers 503 if a view has used a session that cannot be read."""
        return _refuse(exception) if isinstance(exception, MoorError) and exception.status != 500 else None

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Puts the changes on the response. Like Django, it stores nothing if the response is an error of the server."""
        session = getattr(request, "session", None)
        if session is None:
            return response
        if session.accessed:
            patch_vary_headers(response, ("Moor-Session",))
        if response.status_code < 500:
            try:
                changes = session.headers(len(response.serialize_headers()) + len(response.cookies.output()))
            except MoorError as fault:
                if fault.status == 500:
                    raise
                return _refuse(fault)
            if changes:
                _add(changes, response)
        if response.streaming:
            _finish_after(response, session)
        return response


def _add(changes: list[tuple[str, str]], response: HttpResponse) -> None:
    # Several headers of a name are one list, joined by commas (RFC 9110 section 5.3).
    for name in dict(changes):
        response[name] = ", ".join(value for found, value in changes if found == name)
    # A cache would repeat the change for the next visitor.
    patch_cache_control(response, private=True)


def _finish_after(response: Any, session: SessionStore) -> None:
    """Stores late changes before the stream ends, so that the visitor's next request sees them."""
    content = response.streaming_content
    if response.is_async:

        async def finished() -> Any:
            async for part in content:
                yield part
            await sync_to_async(session.finish)()

    else:

        def finished() -> Any:
            yield from content
            session.finish()

    response.streaming_content = finished()


def _refuse(fault: MoorError) -> HttpResponse:
    _log.warning("a request is answered with %d (%s): %s", fault.status, fault.code, fault)
    return HttpResponse("the session is not available\n", status=fault.status, content_type="text/plain")


@lru_cache(maxsize=1)
def _moor() -> Moor:
    return Moor(*(getattr(settings, name, None) for name in ("MOOR_ISSUER", "MOOR_AUDIENCE", "MOOR_URL")))


def _signer() -> signing.Signer:
    return signing.Signer(salt="moor_session", fallback_keys=settings.SECRET_KEY_FALLBACKS)


def _serializer() -> Any:
    return import_string(settings.SESSION_SERIALIZER)


def _forget_moor(*, setting: str, **_: Any) -> None:
    if setting.startswith("MOOR_"):
        _moor.cache_clear()


setting_changed.connect(_forget_moor)

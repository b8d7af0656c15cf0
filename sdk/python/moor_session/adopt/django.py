"""The endpoint of a Django project that keeps its sessions by itself: `path("moor-adopt", adopt("app"))`."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any, Callable, Optional

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from ..django import SigningSerializer
from ..session import principal_of
from ..values import decode, encode
from . import VERSION, Question, QuestionRefused, Questions, attributes_within, renamed, restored

#: A key that Django has drawn at random. The engine of signed cookies has no such key.
_RANDOM_KEY = re.compile(r"[a-z0-9]{32}")


def adopt(application: str) -> Callable[[HttpRequest], HttpResponse]:
    """The view. `MOOR_ISSUER`, `MOOR_CONFIRM_KEYS` and `MOOR_READER_ISSUERS` may be settings; their default is the environment.

    Django itself judges the session: `request.user` must be there, so that a changed password or an inactive user counts. It takes every
    session engine. Raises ValueError if a setting is missing.
    """
    questions = Questions(
        application,
        *(getattr(settings, name, None) for name in ("MOOR_ISSUER", "MOOR_CONFIRM_KEYS", "MOOR_READER_ISSUERS")),
    )

    @csrf_exempt
    def view(request: HttpRequest) -> HttpResponse:
        try:
            question = questions.open(request.method or "", request.headers.get("Moor-Adopt"), request.body)
        except QuestionRefused as refused:
            return HttpResponse(f"moor-adopt: {refused}", status=403, content_type="text/plain")
        work = {"GET": _tell, "PUT": _bring_back, "DELETE": _end}[request.method or ""]
        status, body = question.answer(lambda: work(request, question))
        return HttpResponse(body, status=status, content_type="application/jwt", headers={"Cache-Control": "no-store"})

    return view


def _tell(request: HttpRequest, question: Question) -> Optional[dict[str, Any]]:
    session = request.session
    # This ends a session whose user may no longer use it.
    user = request.user if request.user.is_authenticated else None
    values = {name: value for name, value in session.items() if name != VERSION}
    if not values and user is None:
        return None
    key = session.session_key or ""
    return {
        **({"id": key} if _RANDOM_KEY.fullmatch(key) else {}),
        **({} if user is None else {"principal": principal_of(user.pk)}),
        **attributes_within(encode(renamed(values), {}, SigningSerializer()), question),
        "expiresAt": int(session.get_expiry_date().timestamp()),
    }


def _bring_back(_request: HttpRequest, question: Question) -> Optional[dict[str, Any]]:
    session = _store(question.id)
    if not session.exists(question.id):
        return None
    if session.get(VERSION, 0) < question.version:
        values = restored(decode(question.claims.get("attributes", {}), SigningSerializer()))
        session.clear()
        session.update({**values, VERSION: question.version})
        # An engine with a table refuses to save a session that has ended meanwhile.
        session.save()
    return {}


def _end(_request: HttpRequest, question: Question) -> dict[str, Any]:
    _store(question.id).delete(question.id)
    return {}


def _store(key: str) -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore(key)

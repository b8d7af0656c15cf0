"""The endpoint of a Flask application that keeps its sessions by itself: `adopt(app, "app", principal=lambda: session.get("user_id"))`."""

from __future__ import annotations

import time
from typing import Any, Callable, Optional

from flask import Flask, Response, request, session

from ..flask import FlaskSerializer
from ..session import principal_of
from ..values import encode
from . import Question, QuestionRefused, Questions, attributes_within, renamed


def adopt(
    app: Flask, application: str, *, principal: Callable[[], Any] = lambda: session.get("_user_id"), path: str = "/moor-adopt"
) -> None:
    """Adds the endpoint at `path`.

    `MOOR_ISSUER`, `MOOR_CONFIRM_KEYS` and `MOOR_READER_ISSUERS` may be in the configuration; their default is the environment. `principal`
    gives the id of the user who is logged in, or None; refuse there whom the application would refuse. The default is the value of Flask-Login.

    The sessions of Flask are in their cookie alone, so they have no id: Moor gives each its own, and clears the cookie. A session of
    Flask-Session has one (`session.sid`), and is told without it for the same reason: Moor cannot end it. Raises ValueError if a
    setting is missing.
    """
    questions = Questions(application, *(app.config.get(name) for name in ("MOOR_ISSUER", "MOOR_CONFIRM_KEYS", "MOOR_READER_ISSUERS")))

    def tell(question: Question) -> Optional[dict[str, Any]]:
        user = principal()
        values = dict(session)
        if not values and user is None:
            return None
        return {
            **({} if user is None else {"principal": principal_of(user)}),
            **attributes_within(encode(renamed(values), {}, FlaskSerializer()), question),
            "expiresAt": int(time.time() + app.permanent_session_lifetime.total_seconds()),
        }

    def view() -> Response:
        try:
            question = questions.open(request.method, request.headers.get("Moor-Adopt"), b"")
        except QuestionRefused as refused:
            return Response(f"moor-adopt: {refused}", 403, content_type="text/plain")
        status, body = question.answer(lambda: tell(question))
        return Response(body, status, {"Cache-Control": "no-store"}, content_type="application/jwt")

    app.add_url_rule(path, "moor_adopt", view)

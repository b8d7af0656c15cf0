"""The logins that Moor makes at a provider, as each framework shows them."""

import asyncio
import json
from pathlib import Path

from flask import Flask, session
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route
from werkzeug.test import Client

from moor_session import Moor, MoorError
from moor_session.asgi import MoorSessionMiddleware as AsgiMiddleware
from moor_session.flask import MoorSessions
from moor_session.wsgi import ENVIRON_KEY, MoorSessionMiddleware

from .test_frameworks import WithMoor, exchange

#: The same for the drop-ins of all languages.
VECTORS = json.loads((Path(__file__).parents[2] / "provider-logins.json").read_text("utf-8"))


def shown(login):
    """A login in the words of the vectors."""
    if login is None:
        return None
    return {
        "issuer": login.issuer,
        "at": login.at.timestamp(),
        "authAt": login.auth_at and login.auth_at.timestamp(),
        "acr": login.acr,
        "amr": list(login.amr),
        "roles": list(login.roles),
        "claims": login.claims,
    }


class ProviderLogin(WithMoor):
    def session(self, **claims):
        return self.moor.session(self.fake.handoff(None, **claims))

    def test_shows_the_login_that_the_handoff_tells(self):
        for vector in VECTORS["shown"]:
            with self.subTest(vector["name"]):
                self.assertEqual(shown(self.session(login=vector["claim"]).provider_login), vector["login"])

    def test_shows_none_for_a_visitor_whom_no_provider_has_logged_in(self):
        self.assertIsNone(self.session().provider_login)
        self.assertIsNone(self.moor.session(None).provider_login)

    def test_refuses_a_login_that_moor_cannot_have_written(self):
        for vector in VECTORS["refused"]:
            with self.subTest(vector["name"]), self.assertRaises(MoorError) as raised:
                self.session(login=vector["claim"])
            self.assertEqual(raised.exception.code, "handoff-malformed")

    def test_shows_it_to_applications_of_wsgi_flask_and_asgi(self):
        def wsgi(environ, start_response):
            start_response("200 OK", [])
            return [json.dumps(shown(environ[ENVIRON_KEY].moor.provider_login)).encode()]

        flask = Flask(__name__)
        flask.config.update(self.fake.settings)
        MoorSessions(flask)
        flask.get("/")(lambda: json.dumps(shown(session.moor.provider_login)))

        async def starlette(request):
            return JSONResponse(shown(request.session.moor.provider_login))

        asgi = Starlette(routes=[Route("/", starlette)], middleware=[Middleware(AsgiMiddleware, moor=self.moor)])
        vector = VECTORS["shown"][0]
        token = self.fake.handoff(None, login=vector["claim"])
        for client in (Client(MoorSessionMiddleware(wsgi, self.moor)), flask.test_client()):
            answer = client.get("/", headers={"Moor-Session": token})
            self.assertEqual(json.loads(answer.text), vector["login"])
        sent = asyncio.run(exchange(asgi, "http", None, [(b"moor-session", token.encode())]))
        self.assertEqual(json.loads(sent[1]["body"]), vector["login"])

"""The drop-ins of WSGI, ASGI and Flask, tested as an application tests itself: with its own test client and the fake Moor."""

import asyncio
import unittest

from flask import Flask, flash, get_flashed_messages, session
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from werkzeug.test import Client

from moor_session import Moor
from moor_session.asgi import MoorSessionMiddleware as AsgiMiddleware
from moor_session.flask import MoorSessions
from moor_session.testing import FakeMoor, in_front_of_asgi, in_front_of_wsgi
from moor_session.wsgi import ENVIRON_KEY, MoorSessionMiddleware


class WithMoor(unittest.TestCase):
    def setUp(self):
        self.fake = FakeMoor()
        self.addCleanup(self.fake.close)
        self.moor = Moor(*self.fake.settings.values())


class Wsgi(WithMoor):
    def client(self, app):
        return Client(in_front_of_wsgi(self.fake, MoorSessionMiddleware(app, self.moor)))

    def test_stores_changes_until_the_first_part_of_the_body_by_headers(self):
        def app(environ, start_response):
            start_response("200 OK", [])
            yield b""
            environ[ENVIRON_KEY]["visits"] = environ[ENVIRON_KEY].get("visits", 0) + 1
            yield str(environ[ENVIRON_KEY]["visits"]).encode()

        client = self.client(app)
        self.assertEqual([client.get("/").text for _ in range(3)], ["1", "2", "3"])

    def test_sends_the_headers_with_the_old_way_to_write(self):
        def app(environ, start_response):
            write = start_response("200 OK", [])
            environ[ENVIRON_KEY]["a"] = 1
            write(b"written")
            return []

        self.assertEqual(self.client(app).get("/").text, "written")
        self.assertEqual([each.attributes for each in self.fake.sessions.values()], [{"a": 1}])

    def test_answers_500_and_stores_nothing_for_a_change_that_is_too_large(self):
        def app(environ, start_response):
            environ[ENVIRON_KEY]["a"] = "x" * 20_000
            start_response("200 OK", [])
            return [b"stored"]

        answer = self.client(app).get("/")
        self.assertEqual((answer.status_code, answer.text), (500, "Internal Server Error\n"))
        self.assertEqual(self.fake.sessions, {})

    def test_counts_the_headers_of_the_application(self):
        session_id = self.fake.apply(None, [("Moor-Rotate", "1")])

        def app(environ, start_response):
            environ[ENVIRON_KEY]["a"] = "x" * 600
            start_response("200 OK", [("X-Long", "x" * 3_500)])
            return [b""]

        client = Client(MoorSessionMiddleware(app, self.moor))
        answer = client.get("/", headers={"Moor-Session": self.fake.handoff(session_id)})
        self.assertEqual(answer.headers["Moor-Version"], "2")

    def test_closes_the_body_of_the_application(self):
        closed = []

        class Body:
            def __iter__(self):
                return iter([b"x"])

            def close(self):
                closed.append(True)

        def app(environ, start_response):
            start_response("200 OK", [])
            return Body()

        self.client(app).get("/").close()
        self.assertEqual(closed, [True])

    def test_logs_a_late_change_that_cannot_be_stored(self):
        def app(environ, start_response):
            start_response("200 OK", [])
            yield b"x"
            environ[ENVIRON_KEY]["a"] = 1

        with self.assertLogs("moor_session", "ERROR") as logged:
            self.assertEqual(self.client(app).get("/").text, "x")
        self.assertIn("session-not-stored", logged.output[0])


class Asgi(WithMoor):
    def test_shows_the_session_to_a_websocket_and_stores_its_changes(self):
        session_id = self.fake.apply(None, [("Moor-Patch", '{"a":1}')])

        async def socket(websocket):
            await websocket.accept()
            await websocket.send_json(dict(websocket.session))
            websocket.session["b"] = 2
            await asyncio.to_thread(websocket.session.save)
            await websocket.send_json(self.fake.sessions[session_id].attributes)
            websocket.session["c"] = 3

        app = AsgiMiddleware(Starlette(routes=[WebSocketRoute("/", socket)]), self.moor)
        sent = asyncio.run(exchange(in_front_of_asgi(self.fake, app), "websocket", session_id))
        self.assertEqual([message["text"] for message in sent if "text" in message], ['{"a":1}', '{"a":1,"b":2}'])
        self.assertEqual(self.fake.sessions[session_id].attributes, {"a": 1, "b": 2, "c": 3})

    def test_closes_a_websocket_whose_handoff_is_refused(self):
        app = AsgiMiddleware(Starlette(), self.moor)
        sent = asyncio.run(exchange(app, "websocket", None, [(b"moor-session", b"x.y.z")]))
        self.assertEqual(sent, [{"type": "websocket.close", "code": 1008}])

    def test_answers_503_while_the_session_cannot_be_read_but_serves_pages_that_do_not_use_it(self):
        async def used(request):
            request.session.get("a")

        async def unused(request):
            return PlainTextResponse("x")

        token = self.fake.handoff().encode()
        self.fake.close()
        middleware = [Middleware(AsgiMiddleware, moor=self.moor)]
        app = Starlette(routes=[Route("/used", used), Route("/", unused)], middleware=middleware)
        for path, status in (("/used", 503), ("/", 200)):
            sent = asyncio.run(exchange(app, "http", None, [(b"moor-session", token)], path))
            self.assertEqual(sent[0]["status"], status)


async def exchange(app, kind, session_id, headers=(), path="/"):
    """The messages that an ASGI application sends for a request or a socket of this session."""
    sent = []
    received = [{"type": "websocket.connect"}] if kind == "websocket" else [{"type": "http.request", "body": b"", "more_body": False}]
    cookie = [(b"cookie", f"fake-moor={session_id}".encode())] if session_id else []

    async def receive():
        return received.pop(0) if received else {"type": f"{kind}.disconnect", "code": 1000}

    async def send(message):
        sent.append(message)

    scope = {"type": kind, "path": path, "raw_path": path.encode(), "root_path": "", "headers": [*headers, *cookie], "query_string": b""}
    await app({**scope, "method": "GET", "scheme": "https", "subprotocols": [], "asgi": {"version": "3.0"}}, receive, send)
    return sent


class InFlask(WithMoor):
    def setUp(self):
        super().setUp()
        self.app = Flask(__name__)
        self.app.config.update(self.fake.settings)
        MoorSessions(self.app)
        self.app.wsgi_app = in_front_of_wsgi(self.fake, self.app.wsgi_app)

    def test_an_application_is_tested_with_its_own_client(self):
        @self.app.post("/")
        def add():
            session.setdefault("goods", []).append("apple")
            flash("Added.")
            return "added"

        @self.app.get("/")
        def show():
            return {"goods": session.get("goods"), "flash": get_flashed_messages()}

        client = self.app.test_client()
        client.post("/")
        client.post("/")
        # A change within a list needs no `session.modified`.
        self.assertEqual(client.get("/").json, {"goods": ["apple", "apple"], "flash": ["Added.", "Added."]})
        self.assertEqual(client.get("/").json["flash"], [])
        self.assertEqual(self.app.test_client().get("/").json["goods"], None)

    def test_a_request_context_without_a_server_has_an_empty_session(self):
        with self.app.test_request_context("/"):
            self.assertEqual(dict(session), {})
            session["a"] = 1

    def test_a_page_that_uses_the_session_answers_503_while_the_keys_cannot_be_read(self):
        @self.app.get("/used")
        def used():
            return str(session.get("a"))

        @self.app.get("/unused")
        def unused():
            return "unused"

        app = Flask("other")
        app.config.update(self.fake.settings, MOOR_URL="http://127.0.0.1:1")
        MoorSessions(app)
        app.view_functions, app.url_map = self.app.view_functions, self.app.url_map
        client = app.test_client()
        headers = {"Moor-Session": self.fake.handoff()}
        self.assertEqual([client.get(path, headers=headers).status_code for path in ("/used", "/unused")], [503, 200])

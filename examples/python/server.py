"""A basket behind Moor, on WSGI. Python 3 with PyJWT and cryptography (Debian: python3-jwt, python3-cryptography)."""

import json
import os
import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from urllib.parse import parse_qsl
from wsgiref.simple_server import WSGIServer, make_server

# In a project of your own, pip installs the drop-in.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sdk" / "python"))

from moor_session.wsgi import ENVIRON_KEY, MoorSessionMiddleware


def shop(environ, start_response):
    if not environ.get("HTTP_MOOR_SESSION"):
        # Pages without a session are fine for the drop-in. This shop has none: such a request did not come through Moor.
        start_response("403 Forbidden", [("Content-Type", "text/plain")])
        return [b"not through Moor"]
    session = environ[ENVIRON_KEY]
    form = dict(parse_qsl(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()))
    if environ["REQUEST_METHOD"] == "GET":
        page = {"server": "python", "user": session.get("user"), "basket": session.get("basket", {})}
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(page).encode()]
    known = change(session, environ["PATH_INFO"], form)
    start_response("303 See Other" if known else "400 Bad Request", [("Location", "/")])
    return [b""]


def change(session, path, form):
    """Changes the session as a form asks. Returns whether the shop knows the form."""
    good = form.get("good", "")
    basket = session.setdefault("basket", {})
    if path == "/add":
        basket[good] = basket.get(good, 0) + 1
    elif path == "/remove":
        basket.pop(good, None)
    elif path == "/login" and form.get("user"):
        session["user"] = form["user"]
    elif path == "/logout":
        session.clear()
    else:
        return False
    return True


class Server(ThreadingMixIn, WSGIServer):
    """Serves each request in a thread of its own."""

    daemon_threads = True


# A new value at `principal_key` is a login: the visitor gets a new token, and Moor knows the user.
app = MoorSessionMiddleware(shop, principal_key="user")
make_server("127.0.0.1", int(os.environ["PORT"]), app, server_class=Server).serve_forever()

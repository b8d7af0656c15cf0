"""A basket behind Moor. Python 3 with PyJWT and cryptography (Debian: python3-jwt, python3-cryptography)."""

import json
import math
import os
import socket
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote

import jwt

ISSUER = os.environ["MOOR_ISSUER"]
AUDIENCE = os.environ["MOOR_AUDIENCE"]
MOOR_URL = os.environ.get("MOOR_URL", ISSUER)

# PyJWKClient sets no timeout of its own.
socket.setdefaulttimeout(5)
keys = jwt.PyJWKClient(f"{MOOR_URL}/.moor/jwks.json", lifespan=300)
KEYS_AGAIN_SECONDS = 30
asked_again_at = -math.inf


class Unauthorised(Exception):
    """The request did not come through Moor."""


def read_session(headers):
    """The verified claims of the handoff; `data` is asked of the session API if it was too large to travel."""
    handoff = headers.get("Moor-Session", "")
    try:
        try:
            session = decode(handoff)
        except jwt.InvalidSignatureError:
            session = decode(handoff, again=True)
    except jwt.InvalidTokenError as cause:
        raise Unauthorised(str(cause)) from cause
    if "sid" in session and "data" not in session:
        request = urllib.request.Request(f"{MOOR_URL}/.moor/session", headers={"Authorization": f"Bearer {handoff}"})
        with urllib.request.urlopen(request) as response:
            session["data"] = json.load(response)["attributes"]
    return session


def decode(handoff, again=False):
    kid = jwt.get_unverified_header(handoff).get("kid")
    return jwt.decode(
        handoff,
        key_of(kid, again),
        algorithms=["ES256"],
        issuer=ISSUER,
        audience=AUDIENCE,
        leeway=5,
        options={"require": ["exp", "iss", "aud"]},
    )


def key_of(kid, again):
    """Moor's public key of a kid. All are kept for 5 minutes, and asked for again at most every 30 seconds."""
    global asked_again_at
    again = again and time.monotonic() >= asked_again_at + KEYS_AGAIN_SECONDS
    if again:
        asked_again_at = time.monotonic()
    for key in keys.get_signing_keys(refresh=again):
        if key.key_id == kid:
            return key.key
    raise jwt.InvalidSignatureError("a key that Moor does not publish")


class Shop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(self.show)

    def do_POST(self):
        self.answer(self.change)

    def answer(self, serve):
        # Read whatever comes, so that the connection can be used again.
        form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
        try:
            serve(read_session(self.headers), {name: values[0] for name, values in form.items()})
        except Unauthorised:
            self.send(403, b"not through Moor")
        except (jwt.PyJWKClientError, urllib.error.URLError) as cause:
            self.log_error("Moor cannot be asked: %s", cause)
            self.send(503, b"try again")

    def show(self, session, _):
        user = unquote(session["sub"]) if "sub" in session else None
        page = {"server": "python", "user": user, "basket": basket_of(session)}
        self.send(200, json.dumps(page).encode(), {"Content-Type": "application/json"})

    def change(self, session, form):
        good = form.get("good", "")
        if self.path == "/add":
            patch = {"basket": {good: basket_of(session).get(good, 0) + 1}}
            self.see_basket({"Moor-Patch": json.dumps(patch)})  # json.dumps escapes what is not ASCII
        elif self.path == "/remove":
            self.see_basket({"Moor-Patch": json.dumps({"basket": {good: None}})})
        elif self.path == "/login" and form.get("user"):
            self.see_basket({"Moor-Principal": quote(form["user"], safe="")})
        elif self.path == "/logout":
            self.see_basket({"Moor-End": "1"})
        else:
            self.send(400, b"nothing that this shop does")

    def see_basket(self, headers):
        self.send(303, b"", {"Location": "/", **headers})

    def send(self, status, body, headers={}):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def basket_of(session):
    return session.get("data", {}).get("basket", {})


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Shop).serve_forever()

"""Moor's part of the protocol, with sessions in memory."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Callable, Optional

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from ..merge import MOST_PATCH_BYTES, Json, merged, to_json

ISSUER = "https://moor.test"
AUDIENCE = "test"
#: Attributes above this size do not travel in the handoff.
MOST_DATA_BYTES = 2_048
LIFE_SECONDS = 60


@dataclass
class FakeSession:
    """A session as the fake Moor stores it."""

    attributes: Json = field(default_factory=dict)
    version: int = 1
    generation: int = 0
    principal: Optional[str] = None


class FakeMoor:
    """Serves Moor's keys and session API on loopback, signs handoffs, and applies the headers of responses.

    Use it in a `with` statement, or call `close`. `now` is its clock, in seconds since 1970.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.sessions: dict[str, FakeSession] = {}
        #: The `Cache-Control` of the keys, if they have one.
        self.cache_control: Optional[str] = None
        self._now = now
        self._changing = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.new_key()
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self) -> FakeMoor:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Ends the server."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a drop-in: `MOOR_ISSUER`, `MOOR_AUDIENCE` and `MOOR_URL`."""
        return {"MOOR_ISSUER": ISSUER, "MOOR_AUDIENCE": AUDIENCE, "MOOR_URL": self.url}

    def new_key(self) -> None:
        """Signs and publishes with another key from now on."""
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._kid = secrets.token_urlsafe(32)

    def key_set(self) -> Json:
        """The published keys (RFC 7517)."""
        public = json.loads(ECAlgorithm(ECAlgorithm.SHA256).to_jwk(self._key.public_key()))
        return {"keys": [{**public, "kid": self._kid, "use": "sig", "alg": "ES256"}]}

    def handoff(self, session_id: Optional[str] = None, **claims: Any) -> str:
        """The `Moor-Session` header of a request of this session; without an id, of a visitor without a session."""
        now = int(self._now())
        told: Json = {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + LIFE_SECONDS, **self._told(session_id), **claims}
        return jwt.encode(told, self._key, algorithm="ES256", headers={"kid": self._kid})

    def apply(self, session_id: Optional[str], headers: Iterable[tuple[str, str]]) -> Optional[str]:
        """Does the work that the headers of a response ask for. Returns the id of the visitor's session after that, if there is one.

        Raises ValueError for headers that Moor would refuse.
        """
        asked: dict[str, str] = {}
        for name, value in headers:
            name = name.lower()
            if name.startswith("moor-"):
                asked[name] = f"{asked[name]}, {value}" if name in asked else value
        unknown = set(asked) - {"moor-patch", "moor-principal", "moor-rotate", "moor-end", "moor-version"}
        if unknown:
            raise ValueError(f"Moor refuses {', '.join(sorted(unknown))}")
        if len(asked.get("moor-patch", "")) > MOST_PATCH_BYTES:
            raise ValueError(f"Moor refuses more than {MOST_PATCH_BYTES} bytes of patches")
        with self._changing:
            return self._apply(session_id, asked)

    def patch(self, session_id: str, patch: Json) -> FakeSession:
        """Merges a patch into a stored session."""
        with self._changing:
            return self._patched(session_id, [patch])

    def _apply(self, session_id: Optional[str], asked: Mapping[str, str]) -> Optional[str]:
        if "moor-end" in asked:
            self.sessions.pop(session_id or "", None)
            return None
        patches = json.loads(f"[{asked.get('moor-patch', '')}]")
        principal = asked.get("moor-principal")
        if not patches and principal is None and "moor-rotate" not in asked:
            return session_id
        session = self.sessions.get(session_id or "")
        is_of_another = principal is not None and session is not None and session.principal not in (None, principal)
        if session_id is None or session is None or is_of_another:
            self.sessions.pop(session_id or "", None)
            session_id = secrets.token_urlsafe(16)
            self.sessions[session_id] = FakeSession(version=0)
        session = self._patched(session_id, patches)
        if principal is not None or "moor-rotate" in asked:
            session.generation += 1
        session.principal = principal or session.principal
        return session_id

    def _patched(self, session_id: str, patches: Iterable[Json]) -> FakeSession:
        session = self.sessions[session_id]
        for patch in patches:
            session.attributes = merged(session.attributes, patch)
        session.version += 1
        return session

    def _told(self, session_id: Optional[str]) -> Json:
        session = self.sessions.get(session_id or "")
        if session is None:
            return {"gen": 0, "ver": 0, "new": True}
        told: Json = {"sid": session_id, "gen": session.generation, "ver": session.version}
        if session.principal is not None:
            told["sub"] = session.principal
        if len(to_json(session.attributes)) <= MOST_DATA_BYTES:
            told["data"] = session.attributes
        return told


def _handler(moor: FakeMoor) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/.moor/jwks.json":
                self._answer(200, moor.key_set(), moor.cache_control)
            else:
                self._answer_session(lambda session_id: moor.sessions[session_id])

        def do_PATCH(self) -> None:
            patch = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._answer_session(lambda session_id: moor.patch(session_id, patch))

        def log_message(self, *_: Any) -> None:
            """The tests' output has no line for each request."""

        def _answer_session(self, find: Callable[[str], FakeSession]) -> None:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            session_id = jwt.decode(token, options={"verify_signature": False}).get("sid")
            if self.path != "/.moor/session":
                self._answer(404, {"title": "There is nothing here."})
            elif session_id is None:
                self._answer(409, {"title": "The session is not stored."})
            elif session_id not in moor.sessions:
                self._answer(410, {"title": "The session has ended."})
            else:
                session = find(session_id)
                self._answer(200, {"id": session_id, **vars(session)})

        def _answer(self, status: int, content: Json, cache_control: Optional[str] = None) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if cache_control:
                self.send_header("Cache-Control", cache_control)
            self.end_headers()
            self.wfile.write(body)

    return Handler

"""The conformance application (docs/reference/drop-in.md) on WSGI alone."""

import json
import os
from urllib.parse import parse_qsl

from operations import operate
from waitress import serve

from moor_session.wsgi import ENVIRON_KEY, MoorSessionMiddleware


def app(environ, start_response):
    request = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
    query = dict(parse_qsl(environ["QUERY_STRING"], keep_blank_values=True))
    session = environ[ENVIRON_KEY]
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if request == "POST /late":
        return late(session, query["k"], start_response)
    answer = change(session, request, query)
    if answer is None:
        answer = operate(session, request == "GET /read" and session.moor.is_new, request, query, body)
    start_response("404 Not Found" if answer is None else "200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]


def change(session, request, query):
    if request == "POST /regenerate":
        session.rotate()
    elif request == "POST /login":
        session["user"] = query["user"]
    elif request == "POST /logout":
        session.clear()
    elif request == "POST /clear-and-set":
        session.clear()
        session[query["k"]] = True
    elif request == "POST /flash":
        session["flash"] = query["m"]
    elif request == "GET /flash":
        return {"flash": session.pop("flash", None)}
    else:
        return None
    return {}


def late(session, key, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    yield b"{"
    session[key] = True
    yield b"}"


serve(
    MoorSessionMiddleware(app, principal_key="user"),
    host="127.0.0.1",
    port=int(os.environ["PORT"]),
    threads=16,
    # A part of the body is sent when it is there.
    send_bytes=1,
)

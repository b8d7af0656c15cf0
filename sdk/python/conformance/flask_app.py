"""The conformance application (docs/reference/drop-in.md) on Flask."""

import os

from flask import Flask, Response, abort, flash, get_flashed_messages, request, session, stream_with_context
from operations import operate
from waitress import serve

from moor_session.flask import MoorSessions

app = Flask(__name__)
MoorSessions(app)


@app.post("/regenerate")
def regenerate():
    session.rotate()
    return {}


@app.post("/login")
def login():
    # This is the name that Flask-Login has for it.
    session["_user_id"] = request.args["user"]
    return {}


@app.post("/logout")
def logout():
    session.clear()
    return {}


@app.post("/clear-and-set")
def clear_and_set():
    session.clear()
    session[request.args["k"]] = True
    return {}


@app.post("/late")
def late():
    def body():
        yield "{"
        session[request.args["k"]] = True
        yield "}"

    return Response(stream_with_context(body()), content_type="application/json")


@app.post("/flash")
def leave():
    flash(request.args["m"])
    return {}


@app.get("/flash")
def show():
    return {"flash": next(iter(get_flashed_messages()), None)}


@app.route("/<path:path>", methods=["GET", "POST"])
def other(path):
    is_new = path == "read" and session.moor.is_new
    answer = operate(session, is_new, f"{request.method} /{path}", request.args, request.get_data())
    return abort(404) if answer is None else answer


# A part of the body is sent when it is there.
serve(app, host="127.0.0.1", port=int(os.environ["PORT"]), threads=16, send_bytes=1)

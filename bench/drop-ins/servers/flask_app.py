"""Two pages on the sessions of Moor, or of Flask-Session if REDIS_URL is set."""

import os

from flask import Flask, session
from waitress import serve

app = Flask(__name__)
if "REDIS_URL" in os.environ:
    from flask_session import Session
    from redis import Redis

    app.config.update(SESSION_TYPE="redis", SESSION_REDIS=Redis.from_url(os.environ["REDIS_URL"]))
    Session(app)
else:
    from moor_session.flask import MoorSessions

    MoorSessions(app)


@app.get("/health")
def health():
    return {}


@app.get("/read")
def read():
    return {"visits": session.get("visits", 0)}


@app.post("/incr")
def incr():
    session["visits"] = session.get("visits", 0) + 1
    return {"visits": session["visits"]}


serve(app, host="127.0.0.1", port=int(os.environ["PORT"]), threads=4)

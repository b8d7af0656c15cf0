"""The application of Flask's tutorial, unmodified, with its sessions in Moor. `init` makes the database."""

import os
import sys

from waitress import serve

from moor_session.flask import MoorSessions

sys.path.insert(0, os.environ["FLASKR"])

from flaskr import create_app  # noqa: E402  Its folder is on the path now.
from flaskr.db import init_db  # noqa: E402

app = create_app({"DATABASE": os.environ["DATABASE"], "SECRET_KEY": "of the tests alone"})
MoorSessions(app, principal_key="user_id")
app.add_url_rule("/health", view_func=lambda: "")

if sys.argv[1:] == ["init"]:
    with app.app_context():
        init_db()
else:
    serve(app, host="127.0.0.1", port=int(os.environ["PORT"]), threads=8)

"""The application of Flask's tutorial, unmodified, with the lines of docs/guide/frameworks/flask.md. `init` makes the database."""

import os
import sys

from flask import request, url_for
from waitress import serve
from werkzeug.middleware.proxy_fix import ProxyFix

from moor_session.flask import MoorSessions

sys.path.insert(0, os.environ["FLASKR"])

from flaskr import create_app  # noqa: E402  Its folder is on the path now.
from flaskr.db import init_db  # noqa: E402

app = create_app({"DATABASE": os.environ["DATABASE"], "SECRET_KEY": "of the tests alone"})
app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)
MoorSessions(app, principal_key="user_id")
app.add_url_rule("/health", view_func=lambda: "")


@app.route("/address")
def address():
    return f"{url_for('auth.login', _external=True)} for {request.remote_addr}"



if sys.argv[1:] == ["init"]:
    with app.app_context():
        init_db()
else:
    # waitress removes X-Forwarded-Host and -Proto by default.
    serve(app, host="127.0.0.1", port=int(os.environ["PORT"]), threads=8, clear_untrusted_proxy_headers=False)

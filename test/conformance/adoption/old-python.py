"""Shops as they ran before Moor: Django with its sessions in a database, or Flask with its sessions in the cookie. `old-python.py KIND PORT`."""

import datetime
import os
import sys
import tempfile

from waitress import serve

kind, port = sys.argv[1], int(sys.argv[2])


def django_app():
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from django.http import JsonResponse
    from django.urls import path, re_path

    folder = tempfile.mkdtemp()
    settings.configure(
        SECRET_KEY="of the old shop alone",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(folder, "shop.sqlite3")}},
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
    )
    django.setup()
    call_command("migrate", verbosity=0)

    # The models can be imported once the settings are made.
    from django.contrib.auth import login as log_in
    from django.contrib.auth.models import User

    from moor_session.adopt.django import adopt

    def login(request):
        user, _ = User.objects.get_or_create(username=request.GET["user"])
        log_in(request, user, "django.contrib.auth.backends.ModelBackend")
        request.session["basket"] = {"apples": 2}
        request.session["$expires"] = "a value of the shop"
        return JsonResponse({})

    def disable(request):
        User.objects.filter(username=request.GET["user"]).update(is_active=False)
        return JsonResponse({})

    def logout(request):
        request.session.flush()
        return JsonResponse({})

    def show(request):
        user = request.user.username if request.user.is_authenticated else None
        return JsonResponse({
            "server": "old",
            "user": user,
            "basket": request.session.get("basket"),
            "expires": request.session.get("$expires"),
        })

    global urlpatterns
    urlpatterns = [
        path("moor-adopt", adopt("app")),
        path("login", login),
        path("disable", disable),
        path("logout", logout),
        re_path("", show),
    ]
    return get_wsgi_application()


def flask_app():
    from flask import Flask, jsonify, request, session

    from moor_session.adopt.flask import adopt

    app = Flask(__name__)
    app.secret_key = "of the old shop alone"
    adopt(app, "app", principal=lambda: session.get("user"))

    @app.route("/login")
    def login():
        if request.args["user"]:
            session["user"] = request.args["user"]
        session["basket"] = {"apples": 2}
        session["$key"] = "a value of the shop"
        session["since"] = datetime.datetime(2026, 11, 30, tzinfo=datetime.timezone.utc)
        return jsonify({})

    @app.route("/")
    def show():
        return jsonify({"server": "old", "user": session.get("user"), "basket": session.get("basket")})

    return app


urlpatterns = []
serve({"django": django_app, "flask": flask_app}[kind](), host="127.0.0.1", port=port, threads=8)

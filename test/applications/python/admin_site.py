"""Django's admin, with the lines of docs/guide/frameworks/django.md, which are the module `guide`.

`init` makes the database and the user; without it the server starts. `old`, before that, is the site before Moor: its sessions are in its database,
and it has the endpoint by which they move in.
"""

import os
import sys

import django
import guide
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

ROLE = "old" if "old" in sys.argv[1:] else "new"
OWN_MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]

settings.configure(
    SECRET_KEY="of the tests alone",
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DATABASE"]}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.messages",
        *(["django.contrib.sessions"] if ROLE == "old" else []),
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        *(OWN_MIDDLEWARE if ROLE == "old" else guide.SESSION_MIDDLEWARE),
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    # The token of forms lives in the session too, so that it must survive the server as well.
    CSRF_USE_SESSIONS=True,
    MESSAGE_STORAGE="django.contrib.messages.storage.session.SessionStorage",
    STATIC_URL="static/",
    ALLOWED_HOSTS=guide.ALLOWED_HOSTS,
    USE_X_FORWARDED_HOST=guide.USE_X_FORWARDED_HOST,
    SECURE_PROXY_SSL_HEADER=guide.SECURE_PROXY_SSL_HEADER,
    SESSION_ENGINE="django.contrib.sessions.backends.db" if ROLE == "old" else guide.SESSION_ENGINE,
)
django.setup()

from django.contrib import admin  # noqa: E402  It needs the settings.
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402

urlpatterns = [path("admin/", admin.site.urls), path("health", lambda request: HttpResponse())]

if "init" in sys.argv[1:]:
    call_command("migrate", verbosity=0)
    User.objects.create_superuser("alice", password="of alice")
else:
    if ROLE == "old":
        from moor_session.adopt.django import adopt

        urlpatterns.append(path("moor-adopt", adopt("app")))
    call_command("check", fail_level="WARNING")
    from waitress import serve

    port = int(os.environ["PORT"])
    # waitress removes X-Forwarded-Host and -Proto by default.
    serve(get_wsgi_application(), host="127.0.0.1", port=port, threads=8, clear_untrusted_proxy_headers=False)

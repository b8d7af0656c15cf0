"""The conformance application (docs/reference/drop-in.md) on Django."""

import os
import pickle
from types import SimpleNamespace

import django
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login as log_in
from django.contrib.auth import logout as log_out
from django.core.wsgi import get_wsgi_application
from django.http import Http404, JsonResponse, StreamingHttpResponse
from django.urls import path, re_path
from operations import operate
from waitress import serve


class PickleSerializer:
    """Keeps values of every kind, in place of Django's default, which keeps JSON."""

    def dumps(self, value):
        return pickle.dumps(value)

    def loads(self, data):
        return pickle.loads(data)


settings.configure(
    SECRET_KEY="of the conformance application alone",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.messages"],
    AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.ModelBackend"],
    MIDDLEWARE=["moor_session.django.SessionMiddleware", "django.contrib.messages.middleware.MessageMiddleware"],
    MESSAGE_STORAGE="django.contrib.messages.storage.session.SessionStorage",
    SESSION_ENGINE="moor_session.django",
    SESSION_SERIALIZER=f"{__name__}.PickleSerializer",
)
django.setup()


class Visitor:
    """A user who is in no database. Their key is their name."""

    _meta = SimpleNamespace(pk=SimpleNamespace(value_to_string=lambda user: user.pk))

    def __init__(self, name):
        self.pk = name

    def save(self, **_):
        """Django notes the time of the login."""


def regenerate(request):
    request.session.cycle_key()
    return JsonResponse({})


def login(request):
    log_in(request, Visitor(request.GET["user"]), backend="django.contrib.auth.backends.ModelBackend")
    return JsonResponse({})


def logout(request):
    log_out(request)
    return JsonResponse({})


def clear_and_set(request):
    request.session.flush()
    request.session[request.GET["k"]] = True
    return JsonResponse({})


def late(request):
    def body():
        yield "{"
        request.session[request.GET["k"]] = True
        yield "}"

    return StreamingHttpResponse(body(), content_type="application/json")


def flash(request):
    if request.method == "GET":
        return JsonResponse({"flash": next((str(message) for message in messages.get_messages(request)), None)})
    messages.info(request, request.GET["m"])
    return JsonResponse({})


def other(request):
    is_new = request.path == "/read" and request.session.moor.is_new
    answer = operate(request.session, is_new, f"{request.method} {request.path}", request.GET, request.body)
    if answer is None:
        raise Http404
    return JsonResponse(answer)


urlpatterns = [
    path("regenerate", regenerate),
    path("login", login),
    path("logout", logout),
    path("clear-and-set", clear_and_set),
    path("late", late),
    path("flash", flash),
    re_path("", other),
]

# A part of the body is sent when it is there.
serve(get_wsgi_application(), host="127.0.0.1", port=int(os.environ["PORT"]), threads=16, send_bytes=1)

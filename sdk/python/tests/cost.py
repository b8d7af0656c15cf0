"""Measures a request's time in Django, with sessions in Moor and with Django's own sessions in Redis.

    python -m tests.cost

It needs `redis-server` on the PATH and the package `redis`. Each row is the median of 2,000 requests, in microseconds of this process. Redis
runs on the same machine, so its network costs almost nothing. The time that Moor itself takes is not in the rows.
"""

from __future__ import annotations

import io
import json
import socket
import statistics
import subprocess
import sys
import time

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path

from moor_session.testing import FakeMoor

REQUESTS = 2_000
WARM_UP = 200
#: A visitor who is logged in, with a basket.
VALUES = {
    "_auth_user_id": "1",
    "_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
    "_auth_user_hash": "f" * 64,
    "basket": {f"article {index}": index for index in range(10)},
    "visits": 1,
}
MOOR = {"SESSION_ENGINE": "moor_session.django", "MIDDLEWARE": ["moor_session.django.SessionMiddleware"]}
REDIS = {
    "SESSION_ENGINE": "django.contrib.sessions.backends.cache",
    "MIDDLEWARE": ["django.contrib.sessions.middleware.SessionMiddleware"],
}


def read(request):
    return HttpResponse(str(request.session.get("visits")))


def change(request):
    request.session["visits"] += 1
    return HttpResponse("")


urlpatterns = [path("read", read), path("change", change)]


def median_microseconds(page, headers_of):
    """The median time of a page, whose request `index` has the WSGI headers `headers_of(index)`."""
    app = get_wsgi_application()
    times = []
    for index in range(WARM_UP + REQUESTS):
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": page, "SERVER_NAME": "a.test", "SERVER_PORT": "80", **headers_of(index)}
        environ.update({"wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr, "wsgi.url_scheme": "http"})
        statuses = []
        begin = time.perf_counter()
        response = app(environ, lambda status, headers, exc_info=None: statuses.append(status))
        body = b"".join(response)
        times.append(time.perf_counter() - begin)
        response.close()
        assert statuses == ["200 OK"], body
    return round(statistics.median(times[WARM_UP:]) * 1e6)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def measure_moor(fake):
    session_id = fake.apply(None, [("Moor-Patch", json.dumps(VALUES))])
    expires = int(time.time()) + 600
    handoffs = [fake.handoff(session_id, exp=expires + index) for index in range(WARM_UP + REQUESTS)]
    with override_settings(**MOOR, **fake.settings):
        yield (
            "Moor, the visitor's first request of a version",
            median_microseconds("/read", lambda index: {"HTTP_MOOR_SESSION": handoffs[index]}),
        )
        yield "Moor, a further request", median_microseconds("/read", lambda _: {"HTTP_MOOR_SESSION": handoffs[0]})
        yield "Moor, a change", median_microseconds("/change", lambda _: {"HTTP_MOOR_SESSION": handoffs[0]})


def measure_redis(port):
    from django.contrib.sessions.backends.cache import SessionStore

    caches = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": f"redis://127.0.0.1:{port}"}}
    with override_settings(**REDIS, CACHES=caches):
        session = SessionStore()
        session.update(VALUES)
        session.save()
        cookie = {"HTTP_COOKIE": f"sessionid={session.session_key}"}
        yield "Redis, a request", median_microseconds("/read", lambda _: cookie)
        yield "Redis, a change", median_microseconds("/change", lambda _: cookie)


def main():
    settings.configure(SECRET_KEY="of the measurement alone", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__)
    django.setup()
    with FakeMoor() as fake:
        for row, microseconds in measure_moor(fake):
            print(f"| {row} | {microseconds} |")
    port = free_port()
    redis = subprocess.Popen(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""], stdout=subprocess.DEVNULL)
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert redis.poll() is None, "redis-server has ended"
        for row, microseconds in measure_redis(port):
            print(f"| {row} | {microseconds} |")
    finally:
        redis.kill()
        redis.wait()


if __name__ == "__main__":
    main()

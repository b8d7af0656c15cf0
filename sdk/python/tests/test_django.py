"""The drop-in of Django, tested as a project tests itself: with `django.test.Client` and the fake Moor."""

import asyncio
import unittest
from unittest.mock import patch

import django
from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path
from django.utils import timezone

settings.configure(
    SECRET_KEY="of the tests alone",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
    MIDDLEWARE=[
        "moor_session.testing.django.FakeMoorMiddleware",
        "moor_session.django.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    SESSION_ENGINE="moor_session.testing.django",
)
django.setup()

from django.contrib.auth.models import User  # noqa: E402  It needs the settings.
from django.core.management import call_command  # noqa: E402

from moor_session.testing.django import moor  # noqa: E402

from .test_provider_login import VECTORS, shown  # noqa: E402


def visits(request):
    request.session["visits"] = request.session.get("visits", 0) + 1
    return HttpResponse(str(request.session["visits"]))


def name(request):
    return HttpResponse(f"{request.user.username} {request.session.get('visits')}")


def expire(request):
    request.session.set_expiry(300)
    return HttpResponse("")


def key(request):
    if not request.session.session_key:
        request.session.create()
    return HttpResponse(request.session.session_key)


def late(request):
    def body():
        yield "x"
        request.session["late"] = True

    return StreamingHttpResponse(body())


async def asynchronous(request):
    await request.session.aset("visits", await request.session.aget("visits", 0) + 1)

    async def body():
        yield "x"
        await request.session.aset("late", True)

    return StreamingHttpResponse(body())


def large_headers(request):
    request.session["a"] = "x" * 600
    response = HttpResponse("")
    response.set_cookie("long", "x" * 3_500)
    return response


def provider_login(request):
    return JsonResponse(shown(request.session.moor.provider_login))


def fails(request):
    request.session["a"] = 1
    return HttpResponse("", status=500)


def delete_another(request):
    request.session.delete("of-another-visitor")


CACHING = [
    settings.MIDDLEWARE[0],
    "django.middleware.cache.UpdateCacheMiddleware",
    *settings.MIDDLEWARE[1:],
    "django.middleware.cache.FetchFromCacheMiddleware",
]

VIEWS = (visits, name, expire, key, late, asynchronous, large_headers, provider_login, fails, delete_another)
urlpatterns = [path(view.__name__, view) for view in VIEWS]


class InDjango(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        call_command("migrate", verbosity=0)

    def setUp(self):
        moor.sessions.clear()
        cache.clear()
        self.client = Client()

    def test_the_session_is_kept(self):
        self.assertEqual([self.client.get("/visits").content for _ in range(3)], [b"1", b"2", b"3"])
        self.assertEqual(Client().get("/visits").content, b"1")

    def test_the_client_can_log_in_and_change_the_session_without_a_request(self):
        alice = User.objects.create_user("alice", password="secret")
        self.client.force_login(alice)
        session = self.client.session
        session["visits"] = 5
        session.save()
        self.assertEqual(self.client.get("/name").content, b"alice 5")
        self.client.logout()
        self.assertEqual(self.client.get("/name").content, b" None")
        self.assertTrue(self.client.login(username="alice", password="secret"))
        self.assertEqual(self.client.get("/name").content, b"alice None")

    def test_an_expiry_of_the_session_itself_holds(self):
        self.client.get("/visits")
        self.client.get("/expire")
        self.assertEqual(self.client.get("/visits").content, b"2")
        later = timezone.now() + timezone.timedelta(seconds=301)
        with patch("moor_session.django.timezone.now", return_value=later):
            self.assertEqual(self.client.get("/visits").content, b"1")
        self.assertEqual([each.attributes["visits"] for each in moor.sessions.values()], [1])

    def test_a_key_that_was_made_before_the_session_was_stored_stays(self):
        made = self.client.get("/key").content
        self.assertEqual(len(made), 32)
        self.client.get("/visits")
        self.assertEqual(self.client.get("/key").content, made)

    def test_a_change_while_the_body_is_sent_is_stored(self):
        self.client.get("/visits")
        self.client.get("/late").getvalue()
        self.assertEqual([each.attributes for each in moor.sessions.values()], [{"visits": 1, "late": True}])

    @override_settings(MIDDLEWARE=settings.MIDDLEWARE[1:2], SESSION_ENGINE="moor_session.django")
    def test_an_asynchronous_view_and_its_stream_change_the_session(self):
        session_id = moor.apply(None, [("Moor-Patch", '{"visits":1}')])

        async def visit():
            response = await AsyncClient().get("/asynchronous", headers={"Moor-Session": moor.handoff(session_id)})
            return response["Moor-Patch"], [part async for part in response.streaming_content]

        self.assertEqual(asyncio.run(visit()), ('{"visits":2}', [b"x"]))
        self.assertEqual(moor.sessions[session_id].attributes, {"visits": 1, "late": True})

    @override_settings(MIDDLEWARE=settings.MIDDLEWARE[1:2], SESSION_ENGINE="moor_session.django")
    def test_a_change_beside_large_headers_goes_by_the_session_api(self):
        session_id = moor.apply(None, [("Moor-Rotate", "1")])
        response = self.client.get("/large_headers", headers={"Moor-Session": moor.handoff(session_id)})
        self.assertEqual(response["Moor-Version"], "2")

    def test_shows_the_login_that_moor_made_at_a_provider(self):
        vector = VECTORS["shown"][0]
        headers = {"Moor-Session": moor.handoff(None, login=vector["claim"])}
        self.assertEqual(self.real_client().get("/provider_login", headers=headers).json(), vector["login"])

    def test_an_error_of_the_server_stores_nothing(self):
        self.client.get("/fails")
        self.assertEqual(moor.sessions, {})

    @override_settings(MIDDLEWARE=CACHING)
    def test_the_cache_of_django_shows_no_visitor_the_page_of_another(self):
        self.client.get("/visits")
        self.assertEqual([self.client.get("/name").content for _ in range(2)], [b" 1", b" 1"])
        self.assertEqual(Client().get("/name").content, b" None")
        self.assertEqual(len(moor.sessions), 1)

    @override_settings(MIDDLEWARE=CACHING[1:], SESSION_ENGINE="moor_session.django")
    def test_the_cache_of_django_repeats_no_change_for_the_next_visitor(self):
        # Moor gives all visitors without a session the same handoff for half a minute.
        same = {"Moor-Session": moor.handoff()}
        self.assertEqual([Client().get("/visits", headers=same)["Moor-Patch"] for _ in range(2)], ['{"visits":1}'] * 2)
        self.assertEqual(list(cache._cache), [])

    def test_the_session_of_another_visitor_cannot_be_ended_in_silence(self):
        self.client.raise_request_exception = True
        with self.assertRaises(NotImplementedError):
            self.real_client().get("/delete_another", headers={"Moor-Session": moor.handoff()})

    def test_a_handoff_that_is_refused_is_403_and_unavailable_keys_are_503(self):
        client = self.real_client()
        self.assertEqual(client.get("/visits", headers={"Moor-Session": "x.y.z"}).status_code, 403)
        with override_settings(MOOR_URL="http://127.0.0.1:1"):
            self.assertEqual(client.get("/visits", headers={"Moor-Session": moor.handoff()}).status_code, 503)

    def real_client(self):
        """A client of the project as it is deployed, without the fake Moor in front."""
        overridden = override_settings(SESSION_ENGINE="moor_session.django", MIDDLEWARE=settings.MIDDLEWARE[1:])
        overridden.enable()
        self.addCleanup(overridden.disable)
        return Client()

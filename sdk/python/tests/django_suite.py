"""Runs Django's own tests of session engines against the drop-in's engine, on the fake Moor.

The tests come from Django's source, which is not in this repository. `install-tests.sh` downloads it.

    python -m tests.django_suite ../../node_modules/.cache/moor-python/sources/django-5.2.19

It prints each test that fails, and the numbers. README.md keeps the results.
"""

from __future__ import annotations

import sys
import unittest

import django
from django.conf import settings

sys.path.insert(0, f"{sys.argv[1]}/tests")
settings.configure(
    SECRET_KEY="of the tests alone",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.sessions", "sessions_tests"],
    SESSION_ENGINE="moor_session.testing.django",
    USE_TZ=False,
)
django.setup()

from django.test import SimpleTestCase  # noqa: E402  It needs the settings.
from sessions_tests.tests import SessionTestsMixin  # noqa: E402

from moor_session.testing.django import SessionStore  # noqa: E402


class MoorSessionTests(SessionTestsMixin, SimpleTestCase):
    """Django's tests, with the engine of the test kit."""

    backend = SessionStore


suite = unittest.defaultTestLoader.loadTestsFromTestCase(MoorSessionTests)
result = unittest.TextTestRunner(verbosity=0, buffer=True, failfast=False).run(suite)
for test, trace in [*result.failures, *result.errors]:
    print(f"- {test.id().rsplit('.', 1)[-1]}: {trace.strip().splitlines()[-1]}")
failed = len(result.failures) + len(result.errors)
print(f"{django.__version__}: {result.testsRun - failed} passed, {failed} failed")

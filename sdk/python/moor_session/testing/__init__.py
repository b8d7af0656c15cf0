"""A small fake Moor, for the tests of an application."""

from .fake_moor import FakeMoor
from .fronts import in_front_of_asgi, in_front_of_wsgi

__all__ = ["FakeMoor", "in_front_of_asgi", "in_front_of_wsgi"]

"""Sessions that Moor keeps: drop-ins for Django, Flask, ASGI and WSGI."""

from .errors import MoorError
from .moor import Moor
from .provider_login import ProviderLogin
from .session import Session, principal_of
from .values import PlainSerializer, Serializer

__all__ = ["Moor", "MoorError", "PlainSerializer", "ProviderLogin", "Serializer", "Session", "principal_of"]
__version__ = "0.1.0"

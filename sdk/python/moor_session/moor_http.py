"""Requests to Moor."""

from __future__ import annotations

import urllib.request
from typing import Any


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect could carry the handoff elsewhere: it is an error like any status that is not expected."""

    def redirect_request(self, *_: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def open_url(request: urllib.request.Request, timeout_seconds: float) -> Any:
    """Sends a request. Raises OSError if no answer comes in time, and urllib's HTTPError for every status but 2xx."""
    request.add_header("Accept", "application/json")
    return _opener.open(request, timeout=timeout_seconds)

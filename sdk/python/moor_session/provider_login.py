"""The login of a visitor at a provider, which Moor asked before the request reached this server."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Optional

#: The last second of the year 9999, which is the last that `datetime` knows.
_LAST_SECOND = 253_402_300_799


@dataclass(frozen=True)
class ProviderLogin:
    """How the visitor has logged in. Times are in UTC."""

    #: The OpenID Connect provider. The principal is its `sub`.
    issuer: str
    #: When Moor saw the login.
    at: datetime
    #: When the provider saw the visitor prove who they are. None: it did not say.
    auth_at: Optional[datetime] = None
    #: The method of the login in the provider's words. None: it did not say.
    acr: Optional[str] = None
    amr: tuple[str, ...] = ()
    #: The roles of Moor's configuration that the visitor has.
    roles: tuple[str, ...] = ()
    #: The claims that Moor's configuration names; empty if the pool sees only some attributes.
    claims: dict[str, Any] = field(default_factory=dict)


def read_login(claim: Any) -> Optional[ProviderLogin]:
    """Reads the `login` claim of a handoff. None: Moor cannot have written it."""
    if not isinstance(claim, dict):
        return None
    issuer, at, auth_at, acr = claim.get("iss"), _time(claim.get("at")), _time(claim.get("auth_at")), claim.get("acr")
    amr, roles, claims = claim.get("amr", []), claim.get("roles"), claim.get("claims", {})
    is_right = (
        isinstance(issuer, str)
        and at is not None
        and (auth_at is not None or "auth_at" not in claim)
        and (isinstance(acr, str) or "acr" not in claim)
        and _are_texts(amr)
        and _are_texts(roles)
        and isinstance(claims, dict)
    )
    return ProviderLogin(issuer, at, auth_at, acr, tuple(amr), tuple(roles), claims) if is_right else None  # type: ignore[arg-type]


def _time(seconds: Any) -> Optional[datetime]:
    is_right = type(seconds) is int and 0 <= seconds <= _LAST_SECOND
    return datetime.fromtimestamp(seconds, timezone.utc) if is_right else None


def _are_texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)

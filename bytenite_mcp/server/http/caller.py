"""The caller of an HTTP request."""

from dataclasses import dataclass
from typing import Self

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import principal_components
from pydantic import SecretStr
from starlette.requests import HTTPConnection

KEY_HEADER = "X-ByteNite-API-Key"

_NO_KEY = SecretStr("")


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of a request.

    Attributes:
        principal: The principal of the bearer token; empty if callers are not authenticated.
        key: The ByteNite API key in the request, if any.
    """

    principal: tuple[str | None, ...] = ()
    key: SecretStr = _NO_KEY

    @classmethod
    def of(cls, request: HTTPConnection) -> Self:
        """Identify the caller of a request that has been authenticated."""
        user = request.scope.get("user")
        principal = principal_components(user.access_token) if isinstance(user, AuthenticatedUser) else ()
        return cls(principal, SecretStr(request.headers.get(KEY_HEADER, "").strip()))

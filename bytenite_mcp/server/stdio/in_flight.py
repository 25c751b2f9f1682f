"""Tracks the requests that are not answered yet."""

from collections.abc import Mapping

import anyio
from mcp.shared.dispatcher import coerce_request_id
from mcp.shared.jsonrpc_dispatcher import cancelled_request_id_from_params
from mcp.types import INVALID_REQUEST, RequestId

from bytenite_mcp.api.values import Json
from bytenite_mcp.server.messages import Refused


class InFlight:
    """The ids of requests that are neither answered nor cancelled.

    The ids 7 and "7" differ, but the SDK would cancel one if asked to cancel the other. So they cannot be in flight
    together, and a cancellation must name the exact id.
    """

    def __init__(self) -> None:
        self._ids: dict[RequestId, RequestId] = {}
        self._settled = anyio.Event()

    def open(self, request_id: RequestId) -> None:
        """Add a request.

        Raises:
            Refused: A request with this id is in flight already.
        """
        if coerce_request_id(request_id) in self._ids:
            raise Refused(INVALID_REQUEST, "Another request with this id is in flight.", request_id)
        self._ids[coerce_request_id(request_id)] = request_id

    def settle(self, request_id: RequestId | None) -> None:
        """Remove a request."""
        if request_id is not None and self._ids.pop(coerce_request_id(request_id), None) is not None:
            self._settled.set()

    def cancel(self, params: Mapping[str, Json] | None) -> bool:
        """Remove the request that `notifications/cancelled` names; return whether it was in flight."""
        request_id = cancelled_request_id_from_params(params)
        if request_id is None or self._ids.get(coerce_request_id(request_id)) != request_id:
            return False
        self.settle(request_id)
        return True

    async def drain(self) -> None:
        """Wait until no request is in flight."""
        while self._ids:
            self._settled = anyio.Event()
            await self._settled.wait()

"""What ByteNite answers instead of data: an HTTP status around a grpc-gateway body."""

from starlette.responses import JSONResponse

INVALID, NOT_FOUND, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, UNAUTHENTICATED = 3, 5, 12, 13, 14, 16


class Refusal(Exception):
    """A request that gets no data.

    Args:
        status: The HTTP status.
        code: The gRPC code that goes with it [D].
        message: What is wrong with the request.
    """

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def invalid(message: str) -> Refusal:
    """A request that is malformed: 400."""
    return Refusal(400, INVALID, message)


def unauthenticated(message: str) -> Refusal:
    """No token, or one that is not good: 401."""
    return Refusal(401, UNAUTHENTICATED, message)


def unknown_job(job_id: str) -> Refusal:
    """No such job in this account: 404."""
    return Refusal(404, NOT_FOUND, f"job {job_id!r} not found")


def refuse(status: int, code: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """The answer itself: ``{"code", "message", "details"}`` [D]."""
    return JSONResponse({"code": code, "message": message, "details": []}, status, headers)

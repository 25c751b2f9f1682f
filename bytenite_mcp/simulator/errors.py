"""ByteNite's error answers: an HTTP status and a grpc-gateway body."""

from starlette.responses import JSONResponse

INVALID, NOT_FOUND, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, UNAUTHENTICATED = 3, 5, 12, 13, 14, 16
"""gRPC codes [D]."""


class Refusal(Exception):
    """A request that is answered with an error.

    Args:
        status: The HTTP status.
        code: The gRPC code that goes with it [D].
        message: What is wrong with the request.
    """

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Invalid(Refusal):
    """The request is malformed: 400."""

    def __init__(self, message: str) -> None:
        super().__init__(400, INVALID, message)


class Unauthenticated(Refusal):
    """The token is missing or invalid: 401."""

    def __init__(self, message: str) -> None:
        super().__init__(401, UNAUTHENTICATED, message)


class UnknownJob(Refusal):
    """The account has no such job: 404."""

    def __init__(self, job_id: str) -> None:
        super().__init__(404, NOT_FOUND, f"job {job_id!r} not found")


def refuse(status: int, code: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Make the answer ``{"code", "message", "details"}`` [D]."""
    return JSONResponse({"code": code, "message": message, "details": []}, status, headers)

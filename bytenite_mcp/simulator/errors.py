"""ByteNite's error answers: an HTTP status, and a body as grpc-gateway writes it."""

from starlette.responses import JSONResponse

INVALID, NOT_FOUND, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, UNAUTHENTICATED = 3, 5, 12, 13, 14, 16
"""gRPC codes [D]."""


class Refusal(Exception):
    """The request is answered with an error: an HTTP status, a gRPC code [D] and a message."""

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


def answer_error(status: int, code: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Make the answer ``{"code", "message", "details"}`` [D]."""
    return JSONResponse({"code": code, "message": message, "details": []}, status, headers)

"""ByteNite's error answers: an HTTP status, and a body as grpc-gateway writes it."""

from typing import NoReturn

from starlette.responses import JSONResponse

INVALID, NOT_FOUND, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, UNAUTHENTICATED = 3, 5, 12, 13, 14, 16
"""gRPC codes [D]."""


class Refusal(Exception):
    """The request is answered with an error: a message, an HTTP status and a gRPC code [D]."""

    def __init__(self, message: str, status: int = 400, code: int = INVALID) -> None:
        super().__init__(message)
        self.message, self.status, self.code = message, status, code


def refuse(message: str, status: int = 400, code: int = INVALID) -> NoReturn:
    """Refuse a request, in an expression."""
    raise Refusal(message, status, code)


def answer_error(status: int, code: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Make the answer ``{"code", "message", "details"}`` [D]."""
    return JSONResponse({"code": code, "message": message, "details": []}, status, headers)

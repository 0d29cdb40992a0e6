"""Ready-made troubles of the wire, for `Entra.trouble.add(...)`.

`call` is a regular expression searched in names such as `POST /v1.0/applications`; without one it is any call of
Graph. Sources: Microsoft Graph, "Throttling guidance", "Error responses and resource types".
"""

from collections.abc import Mapping
from typing import Any, Final

from tests.sandbox.trouble import Fault

ANY_CALL: Final = " /v1.0/"
CREATE_APPLICATION: Final = "POST /v1.0/applications$"
CREATE_SERVICE_PRINCIPAL: Final = "POST /v1.0/servicePrincipals$"
ADD_PASSWORD: Final = "POST /v1.0/applications.*/addPassword$"
REMOVE_PASSWORD: Final = "POST /v1.0/applications.*/removePassword$"
DELETE_APPLICATION: Final = "DELETE /v1.0/applications"
TOKEN: Final = "/oauth2/v2.0/token$"

_REQUEST_ID: Final = "6d5fb0b4-1b5f-4c3e-9a41-3c1f0e6b7a52"


def throttled(seconds: int, call: str = ANY_CALL, times: int = 1) -> Fault:
    """429: come back in so many seconds."""
    body = _error("TooManyRequests", "Too many requests.")
    return Fault(match=call, times=times, status=429, headers=_headers(seconds), body=body)


def unavailable(call: str = ANY_CALL, times: int = 1, seconds: int | None = None) -> Fault:
    """503, with Retry-After when `seconds` are given; the call had no effect."""
    body = _error("serviceNotAvailable", "The service is temporarily unavailable.")
    return Fault(match=call, times=times, status=503, headers=_headers(seconds), body=body)


def gateway_timeout(call: str = ANY_CALL, times: int = 1) -> Fault:
    """504 for a call that was carried out."""
    body = _error("UnknownError", "The request timed out.")
    return Fault(match=call, when="after", times=times, status=504, headers=_headers(None), body=body)


def applied_then_500(call: str, times: int = 1) -> Fault:
    """500 for a call that was carried out."""
    body = _error("Service_InternalServerError", "Encountered an internal server error.")
    return Fault(match=call, when="after", times=times, status=500, headers=_headers(None), body=body)


def failed_500(call: str = ANY_CALL, times: int = 1) -> Fault:
    """500 for a call that had no effect."""
    body = _error("Service_InternalServerError", "Encountered an internal server error.")
    return Fault(match=call, times=times, status=500, headers=_headers(None), body=body)


def concurrency(call: str = ADD_PASSWORD, times: int = 1, seconds: int | None = None) -> Fault:
    """409: somebody else is writing."""
    body = _error(
        "Directory_ConcurrencyViolation",
        "Error due to concurrent requests being made to the tenant. Please wait briefly and retry.",
    )
    return Fault(match=call, times=times, status=409, headers=_headers(seconds), body=body)


def refused(call: str, status: int, code: str, message: str, times: int = 1) -> Fault:
    """Any other refusal in Graph's envelope."""
    return Fault(match=call, times=times, status=status, headers=_headers(None), body=_error(code, message))


def reset_before(call: str, times: int = 1) -> Fault:
    """The connection breaks, and the call had no effect."""
    return Fault(match=call, times=times, reset=True)


def reset_after(call: str, times: int = 1) -> Fault:
    """The connection breaks, and the call was carried out."""
    return Fault(match=call, when="after", times=times, reset=True)


def slow(call: str, seconds: float, times: int = 1) -> Fault:
    """The true answer, late."""
    return Fault(match=call, times=times, seconds=seconds)


def half_an_answer(call: str, times: int = 1) -> Fault:
    """A success whose body says nothing, for a call that was carried out."""
    return Fault(match=call, when="after", times=times, status=200, body={})


def sign_in_unavailable(times: int = 1) -> Fault:
    """503 from the token endpoint."""
    body = {"error": "temporarily_unavailable", "error_description": "AADSTS90033: A transient error has occurred."}
    return Fault(match=TOKEN, times=times, status=503, body=body)


def _headers(seconds: int | None) -> Mapping[str, str]:
    waiting = {} if seconds is None else {"Retry-After": str(seconds)}
    return {"request-id": _REQUEST_ID, "x-ms-resource-unit": "1", **waiting}


def _error(code: str, message: str) -> dict[str, Any]:
    inner = {"date": "2026-01-01T00:00:00", "request-id": _REQUEST_ID, "client-request-id": _REQUEST_ID}
    return {"error": {"code": code, "message": message, "innerError": inner}}

"""The refusals of the token endpoint, in Entra's own words.

Source: Microsoft identity platform, "Microsoft Entra authentication and authorization error codes". Numbers and the
shape of the body are documented or reported; the longer texts are from memory, so nothing should match them.
"""

from datetime import UTC, datetime
from typing import Any

from tests.sandbox.entra.records import new_id


class SignInRefusal(Exception):
    """Entra gives no token."""

    def __init__(self, status: int, error: str, number: int, text: str) -> None:
        self.status = status
        self.error = error
        self.number = number
        self.text = text
        super().__init__(f"AADSTS{number}: {text}")

    def as_json(self, moment: datetime, correlation_id: str) -> dict[str, Any]:
        """The body of the answer."""
        trace_id = new_id()
        stamp = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        marks = f"Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {stamp}"
        return {
            "error": self.error,
            "error_description": f"{self} {marks}",
            "error_codes": [self.number],
            "timestamp": stamp,
            "trace_id": trace_id,
            "correlation_id": correlation_id,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.number}",
        }


def no_such_tenant(segment: str) -> SignInRefusal:
    """The path names a tenant that is not there."""
    return SignInRefusal(
        400,
        "invalid_request",
        90002,
        f"Tenant '{segment}' not found. Check to make sure you have the correct tenant ID and are signing into the "
        "correct cloud. Check with your subscription administrator, this may happen if there are no active "
        "subscriptions for the tenant.",
    )


def left_out(name: str) -> SignInRefusal:
    """A parameter that must be there is not."""
    text = f"The request body must contain the following parameter: '{name}'."
    return SignInRefusal(400, "invalid_request", 900144, text)


def unsupported_grant(grant: str) -> SignInRefusal:
    """Another flow than that of client credentials."""
    text = f"The app requested an unsupported grant type '{grant}'."
    return SignInRefusal(400, "unsupported_grant_type", 70003, text)


def unknown_application(client_id: str) -> SignInRefusal:
    """No application of this client id."""
    return SignInRefusal(
        400,
        "unauthorized_client",
        700016,
        f"Application with identifier '{client_id}' was not found in the directory 'Contoso'. This can happen if the "
        "application has not been installed by the administrator of the tenant or consented to by any user in the "
        "tenant. You may have sent your authentication request to the wrong tenant.",
    )


def no_service_principal(client_id: str, tenant_id: str) -> SignInRefusal:
    """The application is there, but nobody made its service principal."""
    text = f"The client application {client_id} is missing service principal in the tenant {tenant_id}."
    return SignInRefusal(401, "invalid_client", 7000229, text)


def no_credential() -> SignInRefusal:
    """The application says who it is and does not prove it."""
    return SignInRefusal(
        401,
        "invalid_client",
        7000216,
        "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
    )


def wrong_certificate() -> SignInRefusal:
    """The assertion is signed with a key that is not registered."""
    return SignInRefusal(
        401,
        "invalid_client",
        700027,
        "The certificate with identifier used to sign the client assertion is not registered on application.",
    )


def wrong_secret(app_id: str) -> SignInRefusal:
    """No such secret, or not known here yet."""
    return SignInRefusal(
        401,
        "invalid_client",
        7000215,
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not "
        f"the client secret ID, for a secret added to app '{app_id}'.",
    )


def expired_secret(app_id: str) -> SignInRefusal:
    """The secret was good once."""
    return SignInRefusal(
        401,
        "invalid_client",
        7000222,
        f"The provided client secret keys for app '{app_id}' are expired. Visit the Azure portal to create new keys "
        "for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: "
        "https://aka.ms/certCreds.",
    )


def bad_scope(scope: str) -> SignInRefusal:
    """A scope that is not all that was granted."""
    return SignInRefusal(
        400,
        "invalid_scope",
        1002012,
        f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value with "
        "/.default suffixed to the resource identifier (application ID URI).",
    )


def unknown_resource(resource: str) -> SignInRefusal:
    """No API of this name."""
    return SignInRefusal(
        400,
        "invalid_resource",
        500011,
        f"The resource principal named {resource} was not found in the tenant named Contoso. This can happen if the "
        "application has not been installed by the administrator of the tenant or consented to by any user in the "
        "tenant. You might have sent your authentication request to the wrong tenant.",
    )

"""`Entra`: the tenant with its server in front of it."""

from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from flask import Flask

from tests.sandbox.entra.assertions import Federation, TrustedCertificate
from tests.sandbox.entra.gate import add_graph
from tests.sandbox.entra.picture import picture
from tests.sandbox.entra.sign_in import add_sign_in
from tests.sandbox.entra.tenant import Tenant, now
from tests.sandbox.trouble import Trouble
from tests.sandbox.wire import Journal, LoopbackServer, TroubledApp


class Entra(Tenant):
    """One tenant behind Microsoft Graph and the token endpoint, on one loopback address until `stop`.

    The knobs are attributes (see `Knobs`): `entra.lag = 2`. `trouble` takes faults of the wire, `journal` has every
    exchange.
    """

    def __init__(self, clock: Callable[[], datetime] = now, port: int = 0) -> None:
        super().__init__(clock)
        self.trouble = Trouble()
        self.journal = Journal()
        self._server = LoopbackServer(TroubledApp(_app(self), self.trouble, self.journal), port)

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return self._server.url

    @property
    def authority(self) -> str:
        """In place of https://login.microsoftonline.com."""
        return self._server.url

    @property
    def graph_root(self) -> str:
        """In place of https://graph.microsoft.com."""
        return self._server.url

    @property
    def identity_endpoint(self) -> str:
        """The IDENTITY_ENDPOINT of a host with a managed identity; `identity_header` goes with it."""
        return f"{self._server.url}/msi/token"

    @property
    def bot_certificate_thumbprint(self) -> str | None:
        """The SHA-256 thumbprint, in hexadecimal, of the certificate that is registered for the bot."""
        return self.bot_certificate.sha256 if self.bot_certificate else None

    def trust_certificate(self, pem: str) -> str:
        """Register a PEM certificate for the bot and return its SHA-256 thumbprint."""
        self.bot_certificate = TrustedCertificate.read(pem)
        return self.bot_certificate.sha256

    def trust_federation(self, issuer: str, subject: str) -> None:
        """Let another issuer's tokens for one subject sign the bot in."""
        self.bot_federation = Federation(issuer=issuer, subject=subject)

    def snapshot(self) -> dict[str, Any]:
        """What the tenant holds, as plain JSON without any secret's text: for a page that shows it."""
        return picture(self)

    def stop(self) -> None:
        """Stop answering and free the port."""
        self._server.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _app(tenant: Tenant) -> Flask:
    app = Flask("tests.sandbox.entra", static_folder=None)
    app.url_map.merge_slashes = False
    add_sign_in(app, tenant)
    add_graph(app, tenant)
    return app

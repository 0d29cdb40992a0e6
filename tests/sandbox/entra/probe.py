"""A caller of the emulator without the bot: it signs in, calls, and hands back what came."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import requests

from tests.sandbox.entra.emulator import Entra

#: The fields of real answers, in the order in which Graph sent them.
RECORDED: Final = json.loads(Path(__file__).with_name("recorded_keys.json").read_text(encoding="utf-8"))
_TIMEOUT: Final = 10.0


class Probe:
    """Calls as the bot, or as an application whose credentials are given."""

    def __init__(self, entra: Entra) -> None:
        self.entra = entra
        self.session = requests.Session()
        self._token = ""

    def sign_in(self, **form: str) -> requests.Response:
        """Ask for a token for Graph with the bot's own secret; `form` says what is different."""
        plain = {
            "grant_type": "client_credentials",
            "client_id": self.entra.bot_client_id,
            "client_secret": self.entra.bot_secret,
            "scope": "https://graph.microsoft.com/.default",
        }
        said = {name: value for name, value in (plain | form).items() if value}
        url = f"{self.entra.authority}/{self.entra.tenant_id}/oauth2/v2.0/token"
        return self.session.post(url, data=said, timeout=_TIMEOUT)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """Call Graph below /v1.0 with a token that is had once."""
        self._token = self._token or self.sign_in().json()["access_token"]
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.request(
            method,
            f"{self.entra.graph_root}/v1.0/{path}",
            json=body,
            headers={"Authorization": f"Bearer {self._token}", **names},
            timeout=_TIMEOUT,
        )

    def with_roles(self, *roles: str) -> Self:
        """Have a new token with these app roles."""
        self.entra.grant_roles = set(roles)
        self._token = ""
        return self

    def create(self, name: str = "Ward Planner", **more: Any) -> dict[str, Any]:
        """Make an application that the bot owns and return the answer's body."""
        root = "https://graph.microsoft.com/v1.0/directoryObjects"
        owners = {"owners@odata.bind": [f"{root}/{self.entra.bot_service_principal_id}"]}
        answer = self.call("POST", "applications", {"displayName": name, **owners, **more})
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def add_password(self, object_id: str, **wanted: str) -> dict[str, Any]:
        """Make a client secret and return the answer's body."""
        answer = self.call("POST", f"applications/{object_id}/addPassword", {"passwordCredential": wanted})
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()


def refusal(answer: requests.Response) -> tuple[int, str, str]:
    """Status, code and message of a refusal."""
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


class StandingClock:
    """A clock that stands at one moment until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 10, 5, 8, 30, 15, 123456, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The moment."""
        return self.moment

    def move(self, **how_far: float) -> None:
        """Move it on, by timedelta's own words."""
        self.moment += timedelta(**how_far)

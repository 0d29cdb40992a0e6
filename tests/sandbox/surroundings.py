"""What surrounds the bot: a local Slack and a local Entra with the same people in both, and the settings between.

The people: Ada asks, Grace and Katherine approve, Alan co-owns, Gus is a guest.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tests.sandbox.entra import Entra
from tests.sandbox.slack import Slack
from tests.sandbox.slack.person import Person

SCOPES = (
    "commands",
    "chat:write",
    "im:write",
    "im:history",
    "groups:history",
    "groups:read",
    "users:read",
    "users:read.email",
    "usergroups:read",
)


@dataclass(kw_only=True)
class Surroundings:
    """Both emulators, peopled; end them with `stop`."""

    clock: Callable[[], datetime]
    slack: Slack = field(init=False)
    entra: Entra = field(init=False)
    channel: str = field(init=False)
    group: str = field(init=False)
    ids: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.slack = Slack(self.clock)
        self.entra = Entra(self.clock)
        self.slack.scopes.clear()
        self.slack.scopes.update(SCOPES)
        add = self.slack.add_person
        self.ids = {
            "ada": add("Ada Lovelace", "ada@contoso.example"),
            "grace": add("Grace Hopper", "grace@contoso.example"),
            "katherine": add("Katherine Johnson", "katherine@contoso.example"),
            "alan": add("Alan Turing", "alan@contoso.example"),
            "gus": add("Gus Guest", "gus@partner.example", guest=True),
            "stan": add("Stan Stranger", "stan@elsewhere.example", stranger=True),
        }
        approvers = [self.ids["grace"], self.ids["katherine"]]
        self.group = self.slack.add_group("identity-approvers", approvers)
        self.channel = self.slack.add_channel(
            "app-approvals", private=True, members=[*approvers, self.slack.bot_user_id]
        )

    def person(self, name: str) -> Person:
        """One of the people, by first name."""
        return self.slack.person(self.ids[name])

    def environment(self, *, public_url: str, database: Path, sign_in: bool = False) -> dict[str, str]:
        """The environment variables that put the bot between these two; `sign_in` has its page ask who one is."""
        return {
            **(self._sign_in(public_url) if sign_in else {}),
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_SIGNING_SECRET": self.slack.signing_secret,
            "SLACK_API_URL": self.slack.api_url.rstrip("/"),
            "APPROVERS_CHANNEL": self.channel,
            "APPROVERS": self.group,
            "ENTRA_TENANT_ID": self.entra.tenant_id,
            "ENTRA_CLIENT_ID": self.entra.bot_client_id,
            "ENTRA_CLIENT_SECRET": self.entra.bot_secret,
            "ENTRA_AUTHORITY": self.entra.authority,
            "GRAPH_ROOT": self.entra.graph_root,
            "PUBLIC_URL": public_url,
            "DATABASE_URL": f"sqlite:///{database}",
        }

    def _sign_in(self, public_url: str) -> dict[str, str]:
        """Give the Slack app what its manifest asks for, and the bot what stands on the app's page."""
        openid = self.slack.openid
        openid.redirect_urls[:] = [f"{public_url}/secret/signed-in"]
        openid.user_scopes.add("openid")
        return {"SIGN_IN_CLIENT_ID": openid.client_id, "SIGN_IN_CLIENT_SECRET": openid.client_secret}

    def stop(self) -> None:
        """End both emulators."""
        self.slack.stop()
        self.entra.stop()

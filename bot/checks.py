"""`register-app check`: each thing the bot needs, proven in turn, with how to mend what fails."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import urlsplit

import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.errors import EntraError, EntraSignInRefused
from bot.graph import Entra
from bot.manifest import SCOPES
from bot.settings import Settings

# Microsoft Graph, "Permissions reference": what the bot needs, and why.
NEEDED_ROLES: Mapping[str, str] = {
    "Application.ReadWrite.OwnedBy": "to make applications and manage those it made",
    "User.ReadBasic.All": "to find a requester's user, so that it can be made an owner",
}
OPTIONAL_ROLES: Mapping[str, str] = {
    "Application.Read.All": "to read the catalogue of APIs where the tenant does not allow it otherwise",
    "Policy.Read.All": "to know the tenant's limits for secrets before a request is approved",
}
# Any of these does the work of a needed one, and more than that: least privilege says no.
MORE_THAN_NEEDED: Mapping[str, str] = {
    "Application.ReadWrite.All": "Application.ReadWrite.OwnedBy",
    "Directory.ReadWrite.All": "Application.ReadWrite.OwnedBy",
    "User.Read.All": "User.ReadBasic.All",
}
MOST_SKEW_SECONDS = 60
# Slack, "auth.test": what a token that is wrong or no longer good is answered with, by every method.
TOKEN_ERRORS = frozenset({"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"})
NO_TOKEN = "Not known without a token."  # noqa: S105 - a sentence, not a token
PUBLIC = "is public: anybody can read the requests; use a private channel"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at, and what to do if it is not well."""

    name: str
    verdict: Literal["ok", "warning", "fault"]
    sentence: str


Look = Callable[[], Iterator[Finding]]
"""Looks at one thing, and yields what is to be said of it."""


def ok(name: str, sentence: str) -> Finding:
    """Say that a thing is well."""
    return Finding(name=name, verdict="ok", sentence=sentence)


def warning(name: str, sentence: str) -> Finding:
    """Say that a thing works but should be mended."""
    return Finding(name=name, verdict="warning", sentence=sentence)


def fault(name: str, sentence: str) -> Finding:
    """Say that a thing must be mended before the bot can work."""
    return Finding(name=name, verdict="fault", sentence=sentence)


class Checks:
    """Looks at everything with the real settings, and changes nothing."""

    def __init__(self, settings: Settings, entra: Entra, slack: WebClient, database: Look) -> None:
        """`database` looks at the database, see `bot.database_check`."""
        self._settings = settings
        self._entra = entra
        self._slack = slack
        self._database = database

    def run(self) -> Iterator[Finding]:
        """Yield a finding per thing, in the order in which things depend on each other."""
        for look in (
            self.slack_token,
            self.approvers_channel,
            self.approvers,
            self.entra_token,
            self.app_roles,
            self.catalogue,
            self.public_url,
            self._database,
            self.clock,
        ):
            yield from look()

    def slack_token(self) -> Iterator[Finding]:
        """Look at the bot token and its scopes."""
        name = "Slack token"
        try:
            answer = self._slack.auth_test()
        except SlackApiError as error:
            yield fault(name, f"Slack says {error.response.get('error')}: put the bot token into SLACK_BOT_TOKEN.")
            return
        except OSError as error:
            yield fault(name, f"{self._silence(error)}: correct SLACK_API_URL, or let this host reach it.")
            return
        yield ok(name, f"Signed in to {answer.get('team')} as {answer.get('user')}.")
        headers = {key.lower(): value for key, value in (answer.headers or {}).items()}
        held = {word.strip() for word in str(headers.get("x-oauth-scopes", "")).split(",") if word.strip()}
        missing, extra = sorted(set(SCOPES) - held), sorted(held - set(SCOPES))
        if missing:
            yield fault("Slack scopes", f"Missing: {', '.join(missing)}. Add them and reinstall the Slack app.")
        if extra:
            yield warning("Slack scopes", f"More than needed: {', '.join(extra)}. Remove them from the Slack app.")
        if not missing and not extra:
            yield ok("Slack scopes", "Exactly those needed.")

    def approvers_channel(self) -> Iterator[Finding]:
        """Look at the channel in which approvers decide."""
        name, channel_id = "Approvers' channel", self._settings.approvers_channel
        try:
            channel = self._slack.conversations_info(channel=channel_id)["channel"]
        except (SlackApiError, OSError) as error:
            # Slack, "conversations.info": only of a public channel it asks for this scope, which the bot has not.
            if isinstance(error, SlackApiError) and error.response.get("needed") == "channels:read":
                yield fault(name, f"{channel_id} {PUBLIC}.")
            else:
                mend = "Invite the bot: /invite @register-app in that channel"
                yield fault(name, self._not_told(channel_id, error, mend))
            return
        shared = channel.get("is_ext_shared") or channel.get("is_pending_ext_shared")
        rules = (
            (not channel.get("is_archived"), "is archived: choose another or unarchive it"),
            (channel.get("is_member"), "does not have the bot in it: /invite @register-app there"),
            (channel.get("is_private"), PUBLIC),
            (not shared, "is shared with another organisation: use one of your own"),
        )
        faults = [sentence for holds, sentence in rules if not holds]
        yield from (fault(name, f"{channel_id} {sentence}.") for sentence in faults)
        if not faults:
            yield ok(name, f"#{channel.get('name')} is private and the bot is in it.")

    def approvers(self) -> Iterator[Finding]:
        """Look at each approver and each user group."""
        for name in self._settings.approvers:
            yield self._group(name) if name.startswith("S") else self._approver(name)

    def _group(self, group: str) -> Finding:
        try:
            members = self._slack.usergroups_users_list(usergroup=group)["users"]
        except (SlackApiError, OSError) as error:
            return fault("Approvers", self._not_told(f"User group {group}", error, "Correct APPROVERS"))
        if not members:
            return fault("Approvers", f"User group {group} is empty: nobody in it can approve.")
        return ok("Approvers", f"User group {group} has {len(members)} members.")

    def _approver(self, user: str) -> Finding:
        try:
            found = self._slack.users_info(user=user)["user"]
        except (SlackApiError, OSError) as error:
            return fault("Approvers", self._not_told(user, error, "Correct APPROVERS"))
        if found.get("deleted") or found.get("is_restricted") or found.get("is_ultra_restricted"):
            return fault("Approvers", f"{user} is deactivated or a guest and cannot approve. Correct APPROVERS.")
        return ok("Approvers", f"{user} is {found.get('real_name') or found.get('name')}.")

    def _not_told(self, what: str, error: SlackApiError | OSError, mend: str) -> str:
        """Say why Slack did not tell of a thing; `mend` helps only where neither token, scope nor wire is at fault."""
        if isinstance(error, OSError):
            return f"{what}: {self._silence(error)}."
        word = error.response.get("error")
        if word in TOKEN_ERRORS:
            return NO_TOKEN
        if word == "missing_scope":
            return f"{what}: not known without the scope {error.response.get('needed')}."
        return f"{what}: {word}. {mend}."

    def _silence(self, error: OSError) -> str:
        return f"{self._settings.slack_api_url} does not answer ({type(error).__name__})"

    def entra_token(self) -> Iterator[Finding]:
        """Look at the bot's own credential."""
        try:
            self._entra.tokens.token()
        except EntraError as error:
            code = f"{error.code}: " if error.code and not error.message.startswith(error.code) else ""
            yield fault("Entra token", f"{code}{error.message} {_mend(error)}")
            return
        yield ok("Entra token", f"Signed in to tenant {self._settings.entra_tenant_id}.")
        if self._settings.entra_client_secret is not None:
            yield warning(
                "Entra credential",
                "The bot signs in with a client secret. A certificate or managed identity cannot leak so easily.",
            )

    def app_roles(self) -> Iterator[Finding]:
        """Look at what the bot may do in the tenant."""
        try:
            held = self._entra.tokens.roles()
        except EntraError:
            yield fault("App roles", NO_TOKEN)
            return
        missing = sorted(role for role in NEEDED_ROLES if role not in held and not _covered(role, held))
        extra = sorted(held - set(NEEDED_ROLES) - set(OPTIONAL_ROLES))
        yield from (fault("App roles", f"{role} is missing: {NEEDED_ROLES[role]}. Grant it.") for role in missing)
        for role in extra:
            verdict = warning if _only_reads(role) else fault
            yield verdict("App roles", f"{role} is more than needed{_instead(role)}. Remove it.")
        if not missing and not extra:
            yield ok("App roles", "Exactly those needed.")

    def catalogue(self) -> Iterator[Finding]:
        """Look at whether scopes can be offered."""
        self._entra.catalogue.refresh()
        resources = self._entra.catalogue.resources
        count = sum(len(resource.scopes) for resource in resources)
        if not count and not self._has_token():
            yield fault("Catalogue", NO_TOKEN)
        elif not count:
            yield fault("Catalogue", "No delegated scopes could be read. Grant Application.Read.All.")
        else:
            yield ok("Catalogue", f"{count} delegated scopes of {len(resources)} APIs.")

    def _has_token(self) -> bool:
        try:
            self._entra.tokens.token()
        except EntraError:
            return False
        return True

    def public_url(self) -> Iterator[Finding]:
        """Look at the address that links lead to."""
        url = self._settings.public_url
        if urlsplit(url).scheme != "https":
            yield warning("Public URL", f"{url} is not https: links work on this machine only.")
            return
        yield ok("Public URL", f"{url} is https.")

    def clock(self) -> Iterator[Finding]:
        """Look at this machine's clock beside Entra's."""
        try:
            answer = requests.head(self._settings.graph_root, timeout=10)
            theirs = parsedate_to_datetime(answer.headers["Date"]).replace(tzinfo=UTC)
        except (requests.RequestException, KeyError, ValueError):
            yield warning("Clock", "No other clock could be asked. Slack refuses requests 5 minutes off.")
            return
        skew = abs((datetime.now(UTC) - theirs).total_seconds())
        if skew > MOST_SKEW_SECONDS:
            yield fault("Clock", f"This machine is {skew:.0f} seconds off. Turn on time synchronisation.")
        else:
            yield ok("Clock", f"Within {max(1, round(skew))} s of Microsoft's.")


def _mend(error: EntraError) -> str:
    if isinstance(error, EntraSignInRefused):
        return "Correct the bot's own credential, ENTRA_CLIENT_ID or ENTRA_TENANT_ID."
    return "Correct ENTRA_AUTHORITY, or let this host reach it."


def _only_reads(role: str) -> bool:
    """Say whether an app role changes nothing; with one that does, the bot could touch what it did not make."""
    return ".Read." in role or ".ReadBasic." in role


def _covered(role: str, held: frozenset[str]) -> bool:
    return any(more in held for more, less in MORE_THAN_NEEDED.items() if less == role)


def _instead(role: str) -> str:
    less = MORE_THAN_NEEDED.get(role)
    return f"; {less} is enough" if less else ""

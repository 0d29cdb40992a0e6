"""From the environment to a frozen Settings: every fault at once, in words; secrets never echoed."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import SettingsFaults
from bot.origin import origin_of

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TOKEN_LENGTH = 32
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})


def _matching(pattern: str, sentence: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(sentence)
        return value

    return AfterValidator(check)


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return value.rstrip("/")
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("must be an https address such as https://apps.example.com (http only on loopback)")
    return value.rstrip("/")


def _words(value: object) -> object:
    return tuple(re.findall(r"[^\s,]+", value)) if isinstance(value, str) else value


def _secret(prefix: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(prefix):
            raise ValueError(f"must begin with {prefix}")
        return value

    return AfterValidator(check)


def _not_empty(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().strip():
        raise ValueError("must not be empty; it stands on the Slack app's Basic Information page")
    return value


_CLIENT_ID = "must be the client ID on the Slack app's Basic Information page, such as 1234567890.1234567890123"


def _long(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < _TOKEN_LENGTH:
        raise ValueError(f"must have {_TOKEN_LENGTH} characters or more; `openssl rand -hex 32` makes one")
    return value


_SLACK_ID = r"[USW][A-Z0-9]{2,}"
Approver = Annotated[str, _matching(_SLACK_ID, "must be Slack ids: U… or W… for people, S… for user groups")]
Guid = Annotated[str, _matching(_GUID.pattern, "must be an id such as 11111111-2222-3333-4444-555555555555")]
Address = Annotated[str, AfterValidator(_address)]
# The page posts to the root, and is believed by the Origin that its browser sends.
Origin = Annotated[str, AfterValidator(origin_of)]
_DATABASES = "must be sqlite:/// followed by a path, or an address such as postgresql://user:password@host/database"


class Settings(BaseSettings):
    """What an operator sets. Each field's environment variable is its name in capital letters."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True, env_ignore_empty=True
    )

    slack_bot_token: Annotated[SecretStr, _secret("xoxb-")] = Field(description="Bot token of the Slack app")
    slack_signing_secret: Annotated[SecretStr, AfterValidator(_not_empty)] | None = Field(
        None, description="Signing secret of the Slack app; needed over HTTP"
    )
    slack_app_token: Annotated[SecretStr, _secret("xapp-")] | None = Field(
        None, description="App-level token; when set, the bot uses Socket Mode"
    )
    sign_in_client_id: Annotated[str, _matching(r"\d+\.\d+", _CLIENT_ID)] | None = Field(
        None, description="Client ID of the Slack app; with it the one-time page asks its viewer to sign in"
    )
    sign_in_client_secret: Annotated[SecretStr, AfterValidator(_not_empty)] | None = Field(
        None, description="Client secret of the Slack app; set both or neither"
    )
    slack_api_url: Address = Field("https://slack.com/api", description="Root of Slack's Web API")
    approvers_channel: Annotated[str, _matching(r"[CG][A-Z0-9]{2,}", "must be a channel id: C… or G…")] = Field(
        description="Private channel in which approvers decide"
    )
    approvers: Annotated[tuple[Approver, ...], NoDecode, BeforeValidator(_words), Field(min_length=1)] = Field(
        description="Who may decide: Slack user ids and user group ids, separated by commas"
    )
    entra_tenant_id: Guid = Field(description="Directory (tenant) id")
    entra_client_id: Guid = Field(description="Application (client) id of the bot's own registration")
    entra_client_secret: SecretStr | None = Field(None, description="The bot's own credential: a secret")
    entra_certificate_file: Path | None = Field(
        None, description="The bot's own credential: a PFX or PEM file with its key"
    )
    entra_certificate_passphrase: SecretStr | None = Field(None, description="Passphrase of that file")
    entra_managed_identity: bool = Field(False, description="The bot's own credential: the host's managed identity")
    azure_federated_token_file: Path | None = Field(None, description="The bot's own credential: a federated token")
    entra_authority: Address = Field(
        "https://login.microsoftonline.com", description="Sign-in address; others for national clouds"
    )
    graph_root: Address = Field(
        "https://graph.microsoft.com", description="Microsoft Graph's address; others for national clouds"
    )
    public_url: Origin = Field(description="https address at which browsers reach this bot")
    # The address of a PostgreSQL may hold a password, so no text of the settings shows it.
    database_url: Annotated[str, _matching(r"sqlite:///.+|postgres(ql)?://.+", _DATABASES)] = Field(
        "sqlite:///register-app.sqlite3", repr=False, description="Where to keep what is kept"
    )
    allow_ephemeral_disk: bool = Field(False, description="Run on SQLite though the host's disk does not last")
    policy_file: Path | None = Field(None, description="TOML file with the company's policy")
    host: str = Field("127.0.0.1", description="Address to listen at")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen at")
    threads: int = Field(16, ge=4, le=256, description="Threads that answer web requests")
    trusted_proxies: int = Field(0, ge=0, le=8, description="Reverse proxies in front whose X-Forwarded-For counts")
    daily_at: Annotated[str, _matching(r"([01]\d|2[0-3]):[0-5]\d", "must be a time such as 09:00 (UTC)")] = Field(
        "09:00", description="When to remind owners, every day, UTC"
    )
    metrics_token: Annotated[SecretStr, AfterValidator(_long)] | None = Field(
        None, description="Token with which Prometheus reads `/metrics`; without it there is no such page"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="How much to log")


class _Together(BaseSettings):
    """The settings that are right or wrong only together, read again as bare text.

    They stand apart so that they are judged even while other settings are faulty: every fault at once.
    """

    model_config = Settings.model_config

    slack_app_token: str = ""
    slack_signing_secret: str = ""
    slack_client_id: str = ""
    slack_client_secret: str = ""
    sign_in_client_id: str = ""
    sign_in_client_secret: str = ""
    entra_client_secret: str = ""
    entra_certificate_file: str = ""
    entra_managed_identity: str | bool = ""
    azure_federated_token_file: str = ""
    database_url: str = "sqlite:///"
    allow_ephemeral_disk: str | bool = ""
    dyno: str = ""
    k_service: str = ""
    cloud_run_job: str = ""
    cloud_run_worker_pool: str = ""
    website_instance_id: str = ""
    container_app_name: str = ""
    container_app_job_name: str = ""
    render: str = ""
    railway_environment_name: str = ""
    railway_environment: str = ""
    fly_app_name: str = ""
    vcap_application: str = ""

    def faults(self) -> Sequence[str]:
        """Return a sentence per fault."""
        credentials = [name.upper() for name in _OWN_CREDENTIALS if _is_set(getattr(self, name))]
        faults = []
        if not self.slack_app_token and not self.slack_signing_secret:
            faults.append("SLACK_SIGNING_SECRET is missing (or set SLACK_APP_TOKEN to use Socket Mode instead).")
        # With these two in the environment Bolt turns OAuth on by itself and forgets the bot token.
        if self.slack_client_id and self.slack_client_secret:
            faults.append("SLACK_CLIENT_ID and SLACK_CLIENT_SECRET must not be set; only SLACK_BOT_TOKEN is used.")
        if bool(self.sign_in_client_id) != bool(self.sign_in_client_secret):
            missing = "SIGN_IN_CLIENT_SECRET" if self.sign_in_client_id else "SIGN_IN_CLIENT_ID"
            faults.append(f"{missing} is missing: the page's sign-in needs both, or neither to be without it.")
        if len(credentials) != 1:
            faults.append(
                f"Set exactly one of {', '.join(name.upper() for name in _OWN_CREDENTIALS)} as the bot's own"
                f" credential (set now: {', '.join(credentials) or 'none'})."
            )
        host = next((host for variable, host in _PASSING_HOSTS.items() if getattr(self, variable)), None)
        if host and self.database_url.startswith("sqlite:") and not _is_set(self.allow_ephemeral_disk):
            # SQLite, "Write-Ahead Logging": it does not work over a network file system.
            faults.append(
                f"DATABASE_URL must name a PostgreSQL here: the disk of {host} does not last, and a restart would lose"
                " every request. Set ALLOW_EPHEMERAL_DISK=true if the file is on a volume that lasts."
                " On a network share SQLite is not safe."
            )
        return faults


# Hosts whose disk is gone after a restart, told by the variable that each documents to set, such as in Google's
# "Container runtime contract" (services, jobs and worker pools), Microsoft's "Manage environment variables on Azure
# Container Apps" and Railway's "Variables Reference" (RAILWAY_ENVIRONMENT is its older name).
_PASSING_HOSTS = {
    "dyno": "Heroku",
    "k_service": "Cloud Run",
    "cloud_run_job": "Cloud Run",
    "cloud_run_worker_pool": "Cloud Run",
    "website_instance_id": "Azure App Service (but for /home, a network share)",
    "container_app_name": "Azure Container Apps",
    "container_app_job_name": "Azure Container Apps",
    "render": "Render",
    "railway_environment_name": "Railway",
    "railway_environment": "Railway",
    "fly_app_name": "Fly.io",
    "vcap_application": "Cloud Foundry",
}
_OWN_CREDENTIALS = (
    "entra_client_secret",
    "entra_certificate_file",
    "entra_managed_identity",
    "azure_federated_token_file",
)


def _is_set(value: object) -> bool:
    return str(value).strip().lower() not in {"", "0", "false", "no", "off"}


def load_settings(values: Mapping[str, Any] | None = None) -> Settings:
    """Read the environment and `.env`, or `values` by field name alone. Raises SettingsFaults with every fault."""
    arguments: dict[str, Any] = {} if values is None else {"_env_file": None, **values}
    faults: list[str] = []
    settings: Settings | None = None
    try:
        settings = Settings(**arguments)
    except ValidationError as error:
        faults += _sentences(error)
    faults += _Together(**{k: v for k, v in arguments.items() if k in {"_env_file", *_Together.model_fields}}).faults()
    if settings is None or faults:
        raise SettingsFaults(faults)
    return settings


def _sentences(error: ValidationError) -> Sequence[str]:
    """One sentence per fault, with the variable's name and never with its value."""
    return [_sentence(fault["loc"], fault["type"], fault["msg"]) for fault in error.errors(include_input=False)]


def _sentence(place: tuple[int | str, ...], kind: str, message: str) -> str:
    name = str(place[0]).upper() if place else ""
    if kind == "missing":
        return f"{name} is missing: {Settings.model_fields[name.lower()].description}."
    words = message.removeprefix("Value error, ")
    return f"{name} {words}." if name and words.startswith("must") else f"{name}{': ' if name else ''}{words}."


def variables() -> dict[str, str]:
    """Return every setting's variable with its description, for the manual and its test."""
    return {name.upper(): field.description or "" for name, field in Settings.model_fields.items()}

"""Settings: every fault at once, in words that name the variable and never hold its value."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SettingsFaults
from bot.settings import Settings, load_settings, variables

GUID = "11111111-2222-3333-4444-555555555555"
GOOD: dict[str, Any] = {
    "slack_bot_token": "xoxb-canary-bot",
    "slack_signing_secret": "canary-signing",
    "approvers_channel": "C0000000001",
    "approvers": "U0000000001",
    "entra_tenant_id": GUID,
    "entra_client_id": GUID,
    "entra_client_secret": "canary-client-secret",
    "public_url": "https://apps.contoso.example",
}
REQUIRED = {
    "SLACK_BOT_TOKEN",
    "APPROVERS_CHANNEL",
    "APPROVERS",
    "ENTRA_TENANT_ID",
    "ENTRA_CLIENT_ID",
    "PUBLIC_URL",
}
SECRETS = (
    "slack_bot_token",
    "slack_signing_secret",
    "slack_app_token",
    "entra_client_secret",
    "entra_certificate_passphrase",
    "sign_in_client_secret",
)
PREFIXES = {"slack_bot_token": "xoxb-", "slack_app_token": "xapp-"}
SIGN_IN = {"sign_in_client_id": "1234567890.1234567890123", "sign_in_client_secret": "canary-sign-in"}
OWN = (
    "Set exactly one of ENTRA_CLIENT_SECRET, ENTRA_CERTIFICATE_FILE, ENTRA_MANAGED_IDENTITY,"
    " AZURE_FEDERATED_TOKEN_FILE as the bot's own credential (set now: none)."
)
SIGNING = "SLACK_SIGNING_SECRET is missing (or set SLACK_APP_TOKEN to use Socket Mode instead)."


@pytest.fixture(autouse=True)
def bare_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of ours is set, and no `.env` lies in the folder."""
    monkeypatch.chdir(tmp_path)
    for name in variables():
        monkeypatch.delenv(name, raising=False)


def faults(**changes: Any) -> tuple[str, ...]:
    """What is said of settings that are good but for these; None takes one away."""
    values = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    try:
        load_settings(values)
    except SettingsFaults as error:
        return error.faults
    return ()


def test_good_settings() -> None:
    """Eight variables are enough; the rest has defaults."""
    settings = load_settings(GOOD)

    assert (settings.approvers, settings.port, settings.threads) == (("U0000000001",), 8000, 16)
    assert settings.database_url == "sqlite:///register-app.sqlite3"
    assert settings.graph_root == "https://graph.microsoft.com"


def test_nothing_set() -> None:
    """With nothing set every variable that is missing is named at once, with what it is."""
    with pytest.raises(SettingsFaults) as caught:
        load_settings()
    missing = {fault.split()[0] for fault in caught.value.faults if " is missing: " in fault}

    assert missing == REQUIRED
    assert len(caught.value.faults) == len(REQUIRED) + 2
    assert caught.value.faults[-2:] == (SIGNING, OWN)


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_one_missing(name: str) -> None:
    """Each variable that is needed is missed by name, and nothing else is said."""
    found = faults(**{name.lower(): None})

    assert (f"{name} is missing: {variables()[name]}.",) == found


WRONG = [
    ("slack_bot_token", "xoxp-canary", "SLACK_BOT_TOKEN must begin with xoxb-."),
    ("slack_signing_secret", "   ", "SLACK_SIGNING_SECRET must not be empty; it stands on the Slack app's"),
    ("slack_app_token", "xoxb-canary", "SLACK_APP_TOKEN must begin with xapp-."),
    (
        "sign_in_client_id",
        "canary",
        "SIGN_IN_CLIENT_ID must be the client ID on the Slack app's Basic Information page",
    ),
    ("sign_in_client_secret", "  ", "SIGN_IN_CLIENT_SECRET must not be empty; it stands on the Slack app's"),
    ("slack_api_url", "http://slack.example", "SLACK_API_URL must be an https address"),
    ("approvers_channel", "#approvals", "APPROVERS_CHANNEL must be a channel id: C… or G…."),
    ("approvers", "grace", "APPROVERS must be Slack ids: U… or W… for people, S… for user groups."),
    ("approvers", "U0000000001, @grace", "APPROVERS must be Slack ids"),
    ("entra_tenant_id", "contoso.example", "ENTRA_TENANT_ID must be an id such as"),
    ("entra_client_id", f"{GUID}0", "ENTRA_CLIENT_ID must be an id such as"),
    ("public_url", "http://apps.contoso.example", "PUBLIC_URL must be an https address"),
    ("public_url", "apps.contoso.example", "PUBLIC_URL must be an https address"),
    ("public_url", "https://", "PUBLIC_URL must be an https address"),
    ("public_url", "https://:canary@apps.contoso.example", "PUBLIC_URL must be an https address"),
    ("public_url", "https://a@apps.contoso.example", "PUBLIC_URL must be an https address"),
    ("public_url", "https://apps.contoso.example?x=1", "PUBLIC_URL must be an https address"),
    ("public_url", "https://apps.contoso.example#x", "PUBLIC_URL must be an https address"),
    ("public_url", "https://apps.contoso.example/canary", "PUBLIC_URL must be an https address"),
    ("public_url", " https://apps.contoso.example", "PUBLIC_URL must be an https address"),
    ("public_url", "https://apps.contoso.example:canary", "PUBLIC_URL must be an https address"),
    ("public_url", "https://apps.contoso.example:99999", "PUBLIC_URL must be an https address"),
    ("public_url", "https://bücher.example", "PUBLIC_URL must be in ASCII, as a browser sends it"),
    ("database_url", "mysql://x", "DATABASE_URL must be sqlite:/// followed by a path, or an address such as"),
    ("database_url", "postgresql://", "DATABASE_URL must be sqlite:/// followed by a path, or an address such as"),
    ("database_url", "sqlite:///", "DATABASE_URL must be sqlite:/// followed by a path, or"),
    ("port", "70000", "PORT: Input should be less than or equal to 65535."),
    ("port", "http", "PORT: Input should be a valid integer"),
    ("threads", "3", "THREADS: Input should be greater than or equal to 4."),
    ("trusted_proxies", "-1", "TRUSTED_PROXIES: Input should be greater than or equal to 0."),
    ("daily_at", "24:00", "DAILY_AT must be a time such as 09:00 (UTC)."),
    ("daily_at", "9 o'clock", "DAILY_AT must be a time such as 09:00 (UTC)."),
    ("log_level", "LOUD", "LOG_LEVEL: Input should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'."),
    ("allow_ephemeral_disk", "perhaps", "ALLOW_EPHEMERAL_DISK: Input should be a valid boolean"),
]


@pytest.mark.parametrize(("name", "value", "words"), WRONG)
def test_one_wrong(name: str, value: str, words: str) -> None:
    """One wrong value is one sentence that begins with its variable and says what it must be."""
    found = faults(**{**SIGN_IN, name: value})

    assert len(found) == 1
    assert found[0].startswith(words)
    assert "canary" not in found[0]


def test_every_fault_at_once() -> None:
    """Wrong values, missing ones and a second credential are all told together."""
    found = faults(
        public_url="http://x.example", approvers=None, daily_at="noon", entra_managed_identity="true", port="x"
    )

    assert sorted(fault.split()[0].rstrip(":") for fault in found) == [
        "APPROVERS",
        "DAILY_AT",
        "PORT",
        "PUBLIC_URL",
        "Set",
    ]


def test_exactly_one_credential_of_its_own() -> None:
    """The bot signs in one way: none and two are refused, and the two are named."""
    assert faults(entra_client_secret=None)[0].endswith("(set now: none).")
    assert faults(entra_certificate_file="bot.pem")[0].endswith(
        "(set now: ENTRA_CLIENT_SECRET, ENTRA_CERTIFICATE_FILE)."
    )


@pytest.mark.parametrize(
    "own",
    [
        {"entra_certificate_file": "bot.pem"},
        {"entra_managed_identity": "true"},
        {"entra_managed_identity": True},
        {"azure_federated_token_file": "token"},
        {"entra_client_secret": "canary", "entra_managed_identity": "false"},
    ],
)
def test_each_credential_of_its_own(own: dict[str, Any]) -> None:
    """Each of the four ways to sign in is enough alone; one that is switched off does not count."""
    assert faults(**{"entra_client_secret": None, **own}) == ()


def test_socket_mode_needs_no_signing_secret() -> None:
    """With an app-level token the signing secret may be missing; with neither it is missed."""
    assert faults(slack_signing_secret=None, slack_app_token="xapp-canary") == ()
    assert faults(slack_signing_secret=None) == (SIGNING,)


def test_sign_in_needs_both() -> None:
    """The page's sign-in is set with both of its variables, or not at all; the one that is missing is named."""
    client_id, secret = SIGN_IN.items()

    assert faults(**SIGN_IN) == ()
    assert faults(**dict([client_id]))[0].startswith("SIGN_IN_CLIENT_SECRET is missing")
    assert faults(**dict([secret]))[0].startswith("SIGN_IN_CLIENT_ID is missing")


def test_bolts_own_variables_stay_away() -> None:
    """The variables with which Bolt would turn its own OAuth on are refused, also beside the page's sign-in."""
    found = faults(**SIGN_IN, slack_client_id="1.2", slack_client_secret="canary")

    assert found == ("SLACK_CLIENT_ID and SLACK_CLIENT_SECRET must not be set; only SLACK_BOT_TOKEN is used.",)


@pytest.mark.parametrize(
    "typed", ["U0001,W0002 S0003", "U0001, W0002, S0003", " U0001\nW0002\tS0003 ", "U0001,,W0002,S0003,"]
)
def test_lists(typed: str) -> None:
    """Approvers are separated by commas, spaces or lines, as many as there are."""
    assert load_settings({**GOOD, "approvers": typed}).approvers == ("U0001", "W0002", "S0003")


@pytest.mark.parametrize("typed", ["", " ", ","])
def test_nobody_to_approve(typed: str) -> None:
    """A list of approvers in which nobody stands is a fault."""
    assert faults(approvers=typed)[0].startswith("APPROVERS")


def test_loopback_addresses_may_be_http() -> None:
    """On this machine http is enough, and a slash at the end does not count."""
    settings = load_settings({**GOOD, "public_url": "http://localhost:3000/", "graph_root": "http://127.0.0.1:9/"})

    assert (settings.public_url, settings.graph_root) == ("http://localhost:3000", "http://127.0.0.1:9")


def test_public_address_is_what_a_browser_sends() -> None:
    """The address at which browsers reach the bot is kept in the one form in which they name it."""
    assert load_settings({**GOOD, "public_url": "HTTPS://Apps.Contoso.Example:443/"}).public_url == GOOD["public_url"]


def test_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings come from variables in capital letters; an empty one counts as not set."""
    for name, value in GOOD.items():
        monkeypatch.setenv(name.upper(), value)
    monkeypatch.setenv("PORT", "")
    monkeypatch.setenv("ENTRA_MANAGED_IDENTITY", "")
    monkeypatch.setenv("DAILY_AT", "07:30")
    settings = load_settings()

    assert (settings.port, settings.daily_at, settings.entra_tenant_id) == (8000, "07:30", GUID)


def test_a_file_beside_the_bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `.env` in the folder is read, and the environment goes before it."""
    lines = [f"{name.upper()}={value}" for name, value in GOOD.items()]
    (tmp_path / ".env").write_text("\n".join([*lines, "PORT=1234", "THREADS=32"]))
    monkeypatch.setenv("PORT", "4321")
    settings = load_settings()

    assert (settings.port, settings.threads) == (4321, 32)


def test_settings_stay_as_they_are() -> None:
    """Settings cannot be changed once they are read."""
    settings = load_settings(GOOD)
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1  # type: ignore[misc]  # what a careless caller would write


@given(st.fixed_dictionaries({}, optional={name: st.text(max_size=40) for name in SECRETS}))
def test_no_secret_is_echoed(typed: dict[str, str]) -> None:
    """Whatever is typed as a secret, right or wrong, stands in no fault and in no print of the settings."""
    marked = {name: f"{PREFIXES.get(name, '')}{value}-7c1f" for name, value in typed.items()}
    try:
        shown = repr(load_settings({**GOOD, **marked})) + str(load_settings({**GOOD, **marked}))
    except SettingsFaults as error:
        shown = repr(error) + str(error) + repr(error.__cause__) + repr(error.__context__)

    assert "7c1f" not in shown
    assert "canary" not in shown


def test_every_setting_is_described() -> None:
    """Each variable is named and described for the manual."""
    assert set(variables()) == {name.upper() for name in Settings.model_fields}
    assert all(variables().values())

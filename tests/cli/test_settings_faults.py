"""Settings that do not hold end every command with 2 and a line each; no secret is ever echoed."""

import pytest

from tests.cli.terminal import Terminal

NEEDED = (
    "SLACK_BOT_TOKEN",
    "SLACK_SIGNING_SECRET",
    "APPROVERS_CHANNEL",
    "APPROVERS",
    "ENTRA_TENANT_ID",
    "ENTRA_CLIENT_ID",
    "ENTRA_CLIENT_SECRET",
    "PUBLIC_URL",
)
COMMANDS = (("run",), ("migrate",), ("check",), ("audit", "export"))
CANARY = "canary-in-a-setting"


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_nothing_set(bare: Terminal, words: tuple[str, ...]) -> None:
    """With nothing set, every command names every variable that is missing, at once, and ends with 2."""
    said = bare.run(*words)

    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("The settings do not hold:\n")
    assert [name for name in NEEDED if name not in said.err] == []
    assert "Traceback" not in said.err


def test_nothing_is_made(bare: Terminal) -> None:
    """A command whose settings do not hold leaves nothing behind."""
    bare.run("migrate")

    assert list(bare.folder.iterdir()) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"SLACK_BOT_TOKEN": CANARY},
        {"SLACK_APP_TOKEN": CANARY},
        {"SLACK_SIGNING_SECRET": CANARY, "PUBLIC_URL": None},
        {"ENTRA_CLIENT_SECRET": CANARY, "ENTRA_MANAGED_IDENTITY": "true"},
        {"ENTRA_CERTIFICATE_PASSPHRASE": CANARY, "ENTRA_TENANT_ID": "not-an-id"},
        {"ENTRA_CLIENT_SECRET": CANARY, "APPROVERS": "nobody"},
    ],
    ids=" ".join,
)
def test_no_secret_is_echoed(terminal: Terminal, changes: dict[str, str | None]) -> None:
    """Whatever is wrong, no setting that holds a secret is shown, right or wrong."""
    said = terminal.run("check", **changes)
    secrets = [CANARY, *(terminal.environment[name] for name in NEEDED if "SECRET" in name or "TOKEN" in name)]

    assert said.code == 2
    assert [secret for secret in secrets if secret in said.out + said.err] == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"PUBLIC_URL": "http://apps.contoso.example"}, "PUBLIC_URL must be an https address such as https://"),
        ({"APPROVERS": ""}, "APPROVERS is missing: Who may decide"),
        ({"APPROVERS_CHANNEL": "#approvals"}, "APPROVERS_CHANNEL must be a channel id: C… or G…"),
        ({"POLICY_FILE": "nowhere.toml"}, "POLICY_FILE nowhere.toml cannot be read: No such file or directory."),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL must be sqlite:///"),
        ({"DYNO": "web.1"}, "DATABASE_URL must name a PostgreSQL here: the disk of Heroku does not last"),
        ({"K_SERVICE": "bot"}, "Set ALLOW_EPHEMERAL_DISK=true if the file is on a volume that lasts."),
        ({"PORT": "no number"}, "PORT"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_one_wrong(terminal: Terminal, changes: dict[str, str], sentence: str) -> None:
    """One setting that does not hold is named alone, with what it must look like."""
    said = terminal.run("check", **changes)

    assert said.code == 2
    assert len(said.err.splitlines()) == 2
    assert sentence in said.err


@pytest.mark.parametrize(
    "changes",
    [{"ALLOW_EPHEMERAL_DISK": "true"}, {"DATABASE_URL": "postgresql://bot:canary@127.0.0.1:1/none"}],
    ids=" ".join,
)
def test_a_host_whose_disk_does_not_last(terminal: Terminal, changes: dict[str, str]) -> None:
    """On such a host the settings hold with an explicit word for SQLite, and with a PostgreSQL."""
    said = terminal.run("migrate", DYNO="web.1", **changes)

    assert said.code == (0 if "ALLOW_EPHEMERAL_DISK" in changes else 3)
    assert "canary" not in said.err


def test_env_file(terminal: Terminal) -> None:
    """Settings may stand in a file named .env as well."""
    (terminal.folder / ".env").write_text("\n".join(f"{k}={v}" for k, v in terminal.environment.items()))
    terminal.environment.clear()

    assert terminal.run("migrate").code == 0


@pytest.mark.parametrize(
    "words", [("frobnicate",), ("manifest",), ("check", "--loudly"), ("audit", "export", "--format", "xml")]
)
def test_arguments(bare: Terminal, words: tuple[str, ...]) -> None:
    """Arguments that do not hold end with 2 and a hint at the usage."""
    said = bare.run(*words)

    assert said.code == 2
    assert "Usage:" in said.err


@pytest.mark.parametrize("words", [("run",), ("web",), ("worker",)], ids=" ".join)
def test_policy_does_not_hold(terminal: Terminal, words: tuple[str, ...]) -> None:
    """A policy that does not hold keeps every process from starting, with its key named and no traceback."""
    (terminal.folder / "policy.toml").write_text("quorum = 0\n")
    said = terminal.run(*words, POLICY_FILE="policy.toml")

    assert said.code == 2
    assert "quorum" in said.err
    assert "Traceback" not in said.err

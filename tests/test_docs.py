"""The documents cannot lie: what they say of commands, settings, states and permissions is held against the code."""

import dataclasses
import json
import re
import tomllib
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.checks import NEEDED_ROLES, OPTIONAL_ROLES
from bot.lifecycle import LINKS, REQUESTS
from bot.manifest import SCOPES
from bot.policy import Policy
from bot.settings import Settings, variables
from bot.terminal import ExitCode
from storage.backup import PUT_RIGHT

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


def test_the_two_commands() -> None:
    """README gives two commands, one line each: the first opens the sandbox, the second is the one that CI runs."""
    commands = [line for line in README.splitlines() if line.startswith("python3 -m venv")]

    assert [line.rpartition("&& ")[2] for line in commands] == [
        ".venv/bin/python -m tests.sandbox",
        ".venv/bin/python -m pytest",
    ]
    assert "README.md" in (ROOT / ".ci" / "run").read_text()


@pytest.mark.parametrize("name", sorted(main.commands))
def test_commands(name: str) -> None:
    """Every command stands in README."""
    assert f"`register-app {name}" in README


@pytest.mark.parametrize("code", list(ExitCode))
def test_exit_codes(code: ExitCode) -> None:
    """Every exit code stands in README."""
    assert f"| {code.value} | " in README


@pytest.mark.parametrize(("name", "meaning"), sorted(variables().items()))
def test_settings(name: str, meaning: str) -> None:
    """Every setting stands in README with its default and its meaning."""
    field = Settings.model_fields[name.lower()]
    default = "required" if field.is_required() else as_written(field.default)

    assert f"| `{name}` | {default} | {meaning} |" in README


@pytest.mark.parametrize("field", dataclasses.fields(Policy), ids=lambda field: field.name)
def test_policy(field: dataclasses.Field[object]) -> None:
    """Every key of the policy file stands in README with its default, as TOML has it."""
    default = list(field.default) if isinstance(field.default, tuple) else field.default

    assert f"| `{field.name}` | `{json.dumps(default)}` | " in README


def as_written(default: object) -> str:
    """A default as it would stand in the environment; nothing where there is none."""
    if default is None:
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


@pytest.mark.parametrize(("state", "sentence"), [*REQUESTS.sentences.items(), *LINKS.sentences.items()])
def test_states(state: str, sentence: str) -> None:
    """Every state of a request and of a link stands in README with its sentence."""
    assert f"| `{state}` | {sentence} |" in README


@pytest.mark.parametrize(("scope", "why"), sorted(SCOPES.items()))
def test_slack_scopes(scope: str, why: str) -> None:
    """Every Slack scope that the manifest asks for stands in README with its reason, or a reference to it."""
    assert f"| `{scope}` | {why} |" in README


@pytest.mark.parametrize("role", [*NEEDED_ROLES, *OPTIONAL_ROLES])
def test_app_roles(role: str) -> None:
    """Every app role that the bot uses stands in README."""
    assert f"| `{role}` | " in README


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_local_links(document: Path) -> None:
    """Every local link leads to a file, and to a heading in it where it names one."""
    targets = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", document.read_text())
    files = [(document.parent / target if target else document, anchor) for target, anchor in targets]

    assert [path for path, anchor in files if not path.exists() or (anchor and anchor not in anchors(path))] == []


def anchors(document: Path) -> set[str]:
    """What the headings of a document are linked by."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def test_pictures() -> None:
    """README shows every picture of the sandbox that lies in docs, each with words for those who do not see it."""
    shown = dict(re.findall(r'<img src="docs/([^"]+)" width="\d+" alt="([^"]{40,})">', README))

    assert set(shown) == {path.name for path in (ROOT / "docs").glob("*.png")}
    assert len(shown) == 5


def test_guarantees() -> None:
    """Every line of README's table of guarantees names tests, and every test that it names exists."""
    table = README.partition("| what holds | shown by |\n| --- | --- |\n")[2].partition("\n\n")[0].splitlines()
    shown = {line: re.findall(r"`(tests/[a-z_/]+\.py)::(test_\w+)`", line.rpartition(" | ")[2]) for line in table}
    named = [test for tests in shown.values() for test in tests]

    assert len(table) > 20
    assert [line for line, tests in shown.items() if not tests] == []
    assert [name for path, name in named if f"def {name}(" not in (ROOT / path).read_text()] == []


def test_requirements() -> None:
    """The pinned requirements cover every direct dependency, with hashes and without addresses."""
    text = (ROOT / "requirements.txt").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.split(r"[><=\[]", line)[0].lower() for line in project["dependencies"]]

    assert [name for name in names if not re.search(rf"^{name}==", text, re.MULTILINE)] == []
    assert "--hash=sha256:" in text
    assert "://" not in text


def test_every_alert_is_in_the_runbook() -> None:
    """Every alert of the ready rules has its heading in the runbook, and the runbook has none besides."""
    alerts = re.findall(r"- alert: (\w+)", (ROOT / "docs" / "alerts.yml").read_text())
    headings = re.findall(r"^## (RegisterApp\w+)$", (ROOT / "docs" / "runbook.md").read_text(), re.MULTILINE)

    assert len(alerts) > 8
    assert headings == alerts


def test_what_a_restore_needs() -> None:
    """The runbook has the statements that put a restored database right, word for word as a backup carries them out."""
    statements = re.search(r"```sql\n(.*?)```", (ROOT / "docs" / "runbook.md").read_text(), re.DOTALL)

    assert statements is not None
    assert statements[1].splitlines() == [f"{statement};" for statement in PUT_RIGHT]

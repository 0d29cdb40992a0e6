"""The house: five floors, and no import goes up or in a circle."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot

ROOT = Path(__file__).parents[1]
USE_CASES = (
    "approvals",
    "waiting",
    "provisioning",
    "making",
    "drafting",
    "leftovers",
    "obstacles",
    "links",
    "desk",
    "minting",
    "orphans",
    "proof",
    "reminders",
    "rotation",
    "removal",
    "retention",
    "pulse",
    "metrics",
    "clock",
)
GROUND = (
    "model",
    "lifecycle",
    "records",
    "policy",
    "life",
    "submission",
    "reply_urls",
    "reply_hosts",
    "risk",
    "setbacks",
    "errors",
    "events",
    "notices",
    "settings",
    "log",
    "identifiers",
    "origin",
)
TOP = (
    "app",
    "connections",
    "__main__",
    "audit_commands",
    "storage_commands",
    "applications_command",
    "terminal",
    "checks",
    "database_check",
    "sign_in_check",
    "manifest",
    "serving",
    "hearing",
    "listening",
    "arrival",
    "worker",
    "rounds",
    "doors",
)
LONGEST_FUNCTION = 45
LONGEST_FILE = 320


def product_files() -> Iterator[Path]:
    """Every Python file of the product."""
    for folder in ("bot", "handlers", "storage"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def module_of(path: Path) -> str:
    """The dotted name of a file."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def floor_of(module: str) -> int:
    """The floor of a module, 1 at the bottom; the two rooms of floor 2 are told apart elsewhere."""
    package, _, rest = module.partition(".")
    name = rest.partition(".")[0]
    if package == "handlers":
        return 4
    if package == "storage" or name == "graph":
        return 2
    floors = {**dict.fromkeys(TOP, 5), **dict.fromkeys(USE_CASES, 3), **dict.fromkeys(GROUND, 1), "": 1}
    return floors[name]


def test_the_map_is_whole() -> None:
    """The map of the house names every room of `bot`, each once."""
    rooms = [path.stem for path in (ROOT / "bot").glob("*.py") if path.stem != "__init__"]
    words = re.findall(r"\w+", bot.__doc__ or "")

    assert [(room, words.count(room)) for room in sorted(rooms)] == [(room, 1) for room in sorted(rooms)]


def imports_of(path: Path) -> Iterator[str]:
    """Every module of ours or of the tests that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        yield from (name for name in names if name.partition(".")[0] in {"bot", "handlers", "storage", "tests"})


def is_module(name: str) -> bool:
    """Say whether a dotted name is a file or a folder of ours."""
    place = ROOT.joinpath(*name.split("."))
    return place.with_suffix(".py").exists() or (place / "__init__.py").exists()


@pytest.mark.parametrize("path", list(product_files()), ids=module_of)
def test_imports_go_down(path: Path) -> None:
    """A module imports only from its own floor and those below it."""
    module = module_of(path)

    higher = [name for name in imports_of(path) if is_module(name) and floor_of(name) > floor_of(module)]

    assert higher == []


def test_no_import_goes_in_a_circle() -> None:
    """Also on one floor no module is reached from what it imports itself."""
    arrows = {
        module_of(path): {name for name in imports_of(path) if is_module(name) and name != module_of(path)}
        for path in product_files()
    }
    # A package's name stands for its `__init__`, which imports its rooms; a room that imports the package's name only
    # finds the room beside it.
    left = {module: {name for name in names if not module.startswith(f"{name}.")} for module, names in arrows.items()}
    while free := {module for module, names in left.items() if not names & left.keys()}:
        left = {module: names for module, names in left.items() if module not in free}

    assert left == {}


@pytest.mark.parametrize("path", list(product_files()), ids=module_of)
def test_storage_and_graph_are_strangers(path: Path) -> None:
    """The rooms that persist and the rooms that call Microsoft do not know each other."""
    module = module_of(path)
    other = "bot.graph" if module.startswith("storage") else "storage" if module.startswith("bot.graph") else None

    assert [name for name in imports_of(path) if other is not None and f"{name}.".startswith(f"{other}.")] == []


@pytest.mark.parametrize("path", list(product_files()), ids=module_of)
def test_product_knows_no_tests(path: Path) -> None:
    """The product imports nothing of the tests."""
    assert [name for name in imports_of(path) if name.startswith("tests")] == []


@pytest.mark.parametrize("emulator", ["slack", "entra"])
def test_emulators_know_no_bot(emulator: str) -> None:
    """The emulators import nothing of the product: they meet it over HTTP and settings."""
    files = sorted((ROOT / "tests" / "sandbox" / emulator).rglob("*.py"))

    assert files
    assert [name for path in files for name in imports_of(path) if not name.startswith("tests")] == []


def test_nothing_is_built_at_import() -> None:
    """Every module can be imported with an empty environment, in an empty folder, and leaves nothing there."""
    names = [module_of(path) for path in product_files()]
    code = f"import importlib\nfor name in {names!r}: importlib.import_module(name)"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}

    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, timeout=60
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("path", list(product_files()), ids=module_of)
def test_rooms_can_be_overlooked(path: Path) -> None:
    """A file is a room that a reader can overlook, and a function fits a screen."""
    text = path.read_text()
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    long = [node.name for node in functions if (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION]

    assert text.count("\n") <= LONGEST_FILE
    assert long == []

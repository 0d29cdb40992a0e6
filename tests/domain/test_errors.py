"""The tree of what can go wrong: as it is drawn, and what its texts hold."""

import inspect

import pytest

from bot import errors
from bot.errors import EntraRefused, EntraUnavailable, FormFaults, RegisterAppError, SettingsFaults, SlackUnavailable


def drawn() -> dict[str, str]:
    """The tree of the module's docstring, each name with the name that it stands under."""
    parents: list[tuple[int, str]] = []
    tree: dict[str, str] = {}
    for line in inspect.getdoc(errors).splitlines()[2:]:  # type: ignore[union-attr]  # the module has a docstring
        depth, name = len(line) - len(line.lstrip()), line.split()[0]
        parents = [(d, n) for d, n in parents if d < depth]
        tree[name] = parents[-1][1] if parents else "Exception"
        parents.append((depth, name))
    return tree


def built() -> dict[str, str]:
    """The tree of the classes themselves."""
    classes = inspect.getmembers(errors, inspect.isclass)
    return {name: cls.__bases__[0].__name__ for name, cls in classes if issubclass(cls, RegisterAppError)}


def test_the_tree_is_drawn_as_it_is() -> None:
    """The docstring draws every error, each under its parent."""
    assert drawn() == built()


def test_every_error_says_what_it_is() -> None:
    """Each error has a docstring of its own."""
    undocumented = [name for name in built() if not inspect.getdoc(getattr(errors, name))]

    assert undocumented == []


def test_settings_faults() -> None:
    """Faults of settings stand a line each."""
    error = SettingsFaults(["A is missing.", "B is missing."])

    assert (error.faults, str(error)) == (("A is missing.", "B is missing."), "A is missing.\nB is missing.")


def test_form_faults() -> None:
    """Faults of a form are known by field, and read as one sentence after the other."""
    error = FormFaults({"a": "Enter a.", "b": "Enter b."})

    assert (error.faults, str(error)) == ({"a": "Enter a.", "b": "Enter b."}, "Enter a.; Enter b.")


def test_entra_errors_tell_what_support_asks_for() -> None:
    """What Entra refused reads with status, code, message and request-id."""
    error = EntraRefused("Insufficient privileges.", status=403, code="Denied", request_id="r-1")

    assert str(error) == "403 Denied: Insufficient privileges. (request-id r-1)"
    assert (
        error.message,
        error.status,
        error.code,
        error.request_id,
    ) == ("Insufficient privileges.", 403, "Denied", "r-1")


def test_no_answer_has_no_effect_unless_told() -> None:
    """An unavailable Entra did nothing unless the caller says that this is unclear; no request-id reads as none."""
    error = EntraUnavailable("timed out")

    assert (error.effect, error.retry_after, str(error)) == ("none", 0.0, "0 : timed out (request-id none)")


@pytest.mark.parametrize("seconds", [0.0, 30.0])
def test_slack_unavailable(seconds: float) -> None:
    """An unavailable Slack says for how long."""
    assert seconds == SlackUnavailable("ratelimited", retry_after=seconds).retry_after

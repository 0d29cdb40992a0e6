"""The address of a PostgreSQL: what is read of it, and what is never repeated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import StorageUnavailable
from storage import open_store, place_of


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("postgresql://bot:pw@db.example:5433/apps", "postgresql://db.example:5433/apps"),
        ("postgres://db.example/apps?sslmode=require", "postgresql://db.example/apps"),
        ("postgresql://bot:top#ecret@db.example/apps", "postgresql://db.example/apps"),
        ("postgresql://bot:top?ecret@db.example/apps", "postgresql://db.example/apps"),
        ("postgresql://bot:p%40ss@db.example/apps", "postgresql://db.example/apps"),
        ("postgresql://a.example:1,b.example:2/apps", "postgresql://a.example,b.example:1,2/apps"),
        ("postgresql:///apps?host=/run/postgresql", "postgresql:///run/postgresql/apps"),
    ],
)
def test_place(address: str, place: str) -> None:
    """Where an address leads is told without user and password."""
    assert place_of(address) == place


@pytest.mark.parametrize("password", ["100%sure", "p@ss", "sec/ret", "123/ret", "p@ss@word", "a:b/c"])
def test_a_password_that_was_not_written_rightly(password: str) -> None:
    """A password with a character that means something in an address is refused with what to do about it."""
    with pytest.raises(StorageUnavailable, match=r"cannot be read.*as %XX") as caught:
        open_store(f"postgresql://bot:{password}@db.example/apps")

    assert "".join(ch for ch in password if ch.isalpha())[:3] not in f"{caught.value!r} {caught.value.__context__!r}"


def test_a_parameter_that_is_not_known() -> None:
    """A misspelt parameter is named, and its value is not."""
    with pytest.raises(StorageUnavailable, match="unknown parameter: pasword") as caught:
        open_store("postgresql://db.example/apps?pasword=hunter2secret")

    assert "hunter2secret" not in str(caught.value)


@given(st.text(st.sampled_from("%@/:?#[]&= ab1"), max_size=8))
def test_any_password(password: str) -> None:
    """Whatever a password is made of, nothing that is said of its address repeats it."""
    address = f"postgresql://bot:canary{password}yranac@db.example/apps"
    try:
        said = place_of(address)
    except StorageUnavailable as error:
        said = f"{error!r} {error.__cause__!r}"

    assert "canary" not in said
    assert "yranac" not in said

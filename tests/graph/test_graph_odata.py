"""No value becomes part of the question."""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from bot.graph import odata
from bot.graph.client import Call

# Lone surrogates are no text that could be sent.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def read_literal(quoted: str) -> str:
    """Read an OData string literal as a server does: to the first quote that is not doubled, and no further."""
    inner, text, at = quoted[1:], "", 0
    while inner[at] != "'" or inner[at : at + 2] == "''":
        at += 2 if inner[at : at + 2] == "''" else 1
        text = inner[:at].replace("''", "'")
    assert at == len(inner) - 1
    return text


@given(TEXT)
def test_a_literal_reads_back_as_what_was_meant(text: str) -> None:
    """Whatever apostrophes a name holds, the literal ends where it should and says the name."""
    assert text == read_literal(odata.literal(text))


@given(TEXT)
def test_a_filter_arrives_as_it_was_written(text: str) -> None:
    """After requests has prepared the address, a filter is one parameter of its original wording."""
    written = odata.equals("displayName", text)
    call = Call(method="GET", template="/applications", query={"$filter": written, "$top": "1"})

    prepared = requests.Request("GET", f"https://graph.microsoft.com/v1.0{call.address}").prepare()

    assert prepared.url is not None
    assert {"$filter": [written], "$top": ["1"]} == parse_qs(urlsplit(prepared.url).query, keep_blank_values=True)


@given(TEXT)
def test_a_name_stays_within_its_segment(text: str) -> None:
    """A key with slashes, question marks or percent signs in it adds no segment and no query."""
    address = odata.path("/applications(uniqueName={name})/owners", {"name": odata.literal(text)})
    parts = urlsplit(f"https://graph.microsoft.com{address}")

    assert ["", f"applications(uniqueName={odata.literal(text)})", "owners"] == [
        unquote(segment) for segment in parts.path.split("/")
    ]
    assert (parts.query, parts.fragment) == ("", "")


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    """An empty id would address the whole collection, and dots the folder above: neither is ever sent."""
    with pytest.raises(ValueError, match="needs names"):
        odata.path("/applications/{id}", {"id": name})


def test_a_space_is_no_plus() -> None:
    """Spaces travel as %20, which every reader takes for a space."""
    assert odata.query({"$filter": "mail eq 'a+b@c'"}) == "?$filter=mail%20eq%20'a%2Bb%40c'"


def test_no_parameters_leave_no_question_mark() -> None:
    """An address without a query ends with its path."""
    assert odata.query({}) == ""


def test_a_tag_is_asked_for_by_lambda() -> None:
    """The filter on a collection is the any() that Graph documents for tags."""
    assert odata.holds("tags", "it's") == "tags/any(t:t eq 'it''s')"

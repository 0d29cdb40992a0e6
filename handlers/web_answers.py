"""Words made into responses: JSON for our script, a page for everybody else. The one room that writes a secret."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template

from bot.model import Revealed
from handlers import web_says
from handlers.web_dates import iso
from handlers.web_says import Row, Words


@dataclass(frozen=True, kw_only=True)
class EnvironmentLines:
    """The lines for a `.env` file, cut where the secret goes, so that a response body need hold it only once."""

    before: str
    after: str


def environment_lines(revealed: Revealed) -> EnvironmentLines:
    """Return the lines: names as the Azure SDKs read them, scopes on one line.

    The secret stands bare, since `docker run --env-file` takes quotes for part of the value; a line with spaces
    is quoted, since a shell that sources the file would run the second word.
    """
    facts = revealed.facts
    name = " ".join(facts.application_name.split())
    before = (
        f"# {name}: the secret ends {iso(revealed.ends_at)}",
        f"AZURE_TENANT_ID={facts.tenant_id}",
        f"AZURE_CLIENT_ID={facts.client_id}",
        "AZURE_CLIENT_SECRET=",
    )
    after = [f"AZURE_AUTHORITY={revealed.authority}"]
    if revealed.scopes:
        after.append(f'AZURE_SCOPES="{" ".join(revealed.scopes)}"')
    return EnvironmentLines(before="\n".join(before), after="\n" + "\n".join(after) + "\n")


def say(words: Words, status: int = 200, *, as_json: bool) -> Response:
    """Return `words` as JSON or as a page."""
    if as_json:
        return _json(_told(words), status)
    return page("words.html", status, words=words)


def hand_over(revealed: Revealed, *, as_json: bool) -> Response:
    """Return the one response that carries the secret's text."""
    words, env = web_says.shown(revealed), environment_lines(revealed)
    if as_json:
        secret = {"secret": revealed.text.reveal(), "env": {"before": env.before, "after": env.after}}
        return _json({**_told(words), **secret}, 200)
    return page("shown.html", 200, words=words, secret=revealed.text.reveal(), env=env)


def page(template: str, status: int = 200, **values: object) -> Response:
    """Return a rendered template; Jinja escapes every value."""
    return Response(render_template(template, iso=iso, **values), status, mimetype="text/html")


def plain_json(value: Mapping[str, Any], status: int = 200) -> Response:
    """Return `value` as JSON."""
    return _json(value, status)


def _json(value: Mapping[str, Any], status: int) -> Response:
    return Response(json.dumps(value), status, mimetype="application/json")


def _told(words: Words) -> dict[str, Any]:
    offer = words.offer
    return {
        "state": words.state,
        "tone": words.tone,
        "title": words.title,
        "sentence": words.sentence,
        "advice": list(words.advice),
        "rows": [_row(row) for row in words.rows],
        "more": [_row(row) for row in words.more],
        "offer": None if offer is None else {"act": offer.act, "label": offer.label},
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "text": row.text,
        "aside": row.aside,
        "moment": None if row.moment is None else iso(row.moment),
        "code": row.code,
    }

"""How a Web API call is read and how it is refused (Slack, "Using the Slack Web API")."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Request


class Refused(Exception):
    """Slack says no: `{"ok": false, "error": …}` with whatever else that error carries."""

    def __init__(self, error: str, *, status: int = 200, retry_after: int | None = None, **extra: Any) -> None:
        self.error = error
        self.status = status
        self.retry_after = retry_after
        self.extra = extra
        super().__init__(error)

    def as_json(self) -> dict[str, Any]:
        """The body of the answer."""
        return {"ok": False, "error": self.error, **self.extra}


def refuse_findings(error: str, findings: Iterable[str], *, whole: str | None = None) -> None:
    """Raise Refused with every finding in response_metadata.messages, if there is one.

    Slack puts the sentence about the `whole` view in front of what is wrong inside it.
    """
    found = list(findings)
    if not found:
        return
    if whole is not None:
        found.insert(0, f"failed to match all allowed schemas [json-pointer:{whole}]")
    messages = [f"[ERROR] {finding}" for finding in found]
    raise Refused(error, errors=found, response_metadata={"messages": messages})


class Arguments:
    """The arguments of one call, from the query, a form or a JSON body, which Slack takes alike."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = dict(given)

    @classmethod
    def of(cls, request: Request) -> "Arguments":
        """Read a request; raises Refused for a JSON body that is not an object."""
        given: dict[str, Any] = {**request.args.to_dict(), **request.form.to_dict()}
        if request.mimetype == "application/json" and request.data:
            try:
                body = json.loads(request.data)
            except ValueError:
                raise Refused("invalid_json") from None
            if not isinstance(body, dict):
                raise Refused("json_not_object")
            given.update(body)
        return cls(given)

    def has(self, name: str) -> bool:
        """Whether an argument was given at all."""
        return self.given.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """A string; without a default it is required."""
        value = self.given.get(name)
        if value is None:
            if default is None:
                refuse_findings("invalid_arguments", [f"missing required field: {name}"])
            return default or ""
        if isinstance(value, dict | list):
            refuse_findings("invalid_arguments", [f"must provide a string [json-pointer:/{name}]"])
        return str(value)

    def flag(self, name: str) -> bool:
        """True for the JSON true and for `true` and `1` in a form."""
        return self.given.get(name) in (True, "true", "True", "1", 1)

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number from 1 to `most`."""
        value = str(self.given.get(name, default))
        if not value.isdigit() or not 1 <= int(value) <= most:
            refuse_findings("invalid_arguments", [f"must be between 1 and {most} [json-pointer:/{name}]"])
        return int(value)

    def structure(self, name: str) -> Any:
        """A JSON value, which a form carries as text; None when it was not given."""
        value = self.given.get(name)
        if isinstance(value, str):
            try:
                return json.loads(value)
            except ValueError:
                refuse_findings("invalid_arguments", [f"must be valid JSON [json-pointer:/{name}]"])
        return value

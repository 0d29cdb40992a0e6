"""The small language in which Slack's rules for blocks and views are written down.

A rule looks at one JSON value that stands at one JSON pointer and says what is wrong with it, in Slack's words
(the messages of Slack's answers to `invalid_blocks` and `invalid_arguments`, such as
`must be less than 3001 characters [json-pointer:/blocks/0/text/text]`).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Finding = str
Rule = Callable[[Any, str], Iterator[Finding]]


def at(message: str, pointer: str) -> Finding:
    """One finding in Slack's form."""
    return f"{message} [json-pointer:{pointer}]"


def string(most: int, *, least: int = 0, form: str | None = None) -> Rule:
    """A string of `least` to `most` characters that matches the regular expression `form`, where there is one."""

    def rule(value: Any, pointer: str) -> Iterator[Finding]:
        if not isinstance(value, str):
            yield at("must provide a string", pointer)
        elif len(value) > most:
            yield at(f"must be less than {most + 1} characters", pointer)
        elif len(value) < least:
            yield at(f"must be more than {least - 1} characters", pointer)
        elif form is not None and not re.fullmatch(form, value):
            yield at("does not match the required format", pointer)

    return rule


def flag(value: Any, pointer: str) -> Iterator[Finding]:
    """True or false, and no other spelling of them."""
    if not isinstance(value, bool):
        yield at("must provide a boolean", pointer)


def integer(least: int, most: int) -> Rule:
    """A whole number from `least` to `most`."""

    def rule(value: Any, pointer: str) -> Iterator[Finding]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield at("must provide a number", pointer)
        elif value < least:
            yield at(f"must be greater than or equal to {least}", pointer)
        elif value > most:
            yield at(f"must be less than or equal to {most}", pointer)

    return rule


def one_of(*allowed: str) -> Rule:
    """One of these strings."""

    def rule(value: Any, pointer: str) -> Iterator[Finding]:
        if value not in allowed:
            yield at(f"must be one of: {', '.join(allowed)}", pointer)

    return rule


def items(each: Rule, most: int, *, least: int = 1) -> Rule:
    """An array of `least` to `most` values that each keep the rule `each`."""

    def rule(value: Any, pointer: str) -> Iterator[Finding]:
        if not isinstance(value, list):
            yield at("must provide an array", pointer)
            return
        if len(value) > most:
            yield at(f"no more than {most} items allowed", pointer)
        if len(value) < least:
            yield at(f"no less than {least} items allowed" if least > 1 else "must provide at least 1 item", pointer)
        for index, item in enumerate(value):
            yield from each(item, f"{pointer}/{index}")

    return rule


def shape(required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None, also: Rule | None = None) -> Rule:
    """An object with these fields and no others; `also` is asked once the fields themselves are right."""
    known = {**required, **(optional or {})}

    def rule(value: Any, pointer: str) -> Iterator[Finding]:
        if not isinstance(value, dict):
            yield at("must provide an object", pointer)
            return
        findings = [at(f"missing required field: {name}", pointer) for name in required if name not in value]
        for name, field in value.items():
            if name not in known:
                findings.append(at(f"invalid additional property: {name}", pointer))
            else:
                findings.extend(known[name](field, f"{pointer}/{name}"))
        yield from findings
        if also is not None and not findings:
            yield from also(value, pointer)

    return rule


def by_type(rules: Mapping[str, Rule]) -> Rule:
    """An object whose `type` says which of the rules it has to keep."""

    def rule(value: Any, pointer: str) -> Iterator[Finding]:
        if not isinstance(value, dict):
            yield at("must provide an object", pointer)
        elif "type" not in value:
            yield at("missing required field: type", pointer)
        elif not isinstance(value["type"], str) or value["type"] not in rules:
            yield at(f"unsupported type: {value['type']}", f"{pointer}/type")
        else:
            yield from rules[value["type"]](value, pointer)

    return rule


def every(*rules: Rule) -> Rule:
    """All of these rules, in order."""

    def rule(value: Any, pointer: str) -> Iterator[Finding]:
        for part in rules:
            yield from part(value, pointer)

    return rule


def anything(_value: Any, _pointer: str) -> Iterator[Finding]:
    """No rule at all."""
    yield from ()

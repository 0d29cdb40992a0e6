"""Owners whom Entra could not be given: who, why, and what to do about it."""

from collections.abc import Sequence

from handlers.blocks.texts import mentions


def sentences(no_email: Sequence[str], no_user: Sequence[str]) -> str:
    """Return the lines that name these people, by their ids in Slack, each on a line of its own; empty for nobody."""
    reasons = (
        (no_email, "Slack shows me no e-mail address by which to find them"),
        (no_user, "Entra has no single user with the e-mail address that they have in Slack"),
    )
    lines = [
        f"\n:warning: {mentions(people)} could not be made an owner in Entra: {why}."
        for people, why in reasons
        if people
    ]
    todo = "\nAdd them there by hand, under App registrations, Owners. With me they own it all the same."
    return "".join(lines) + (todo if lines else "")

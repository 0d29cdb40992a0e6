"""Slack's words for what went wrong, by what they mean to us; each is from the pages of the methods that say it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# Slack, "chat.postMessage" and "conversations.open": errors that no waiting mends for this person.
NOBODY_THERE: Final = frozenset(
    {"user_disabled", "user_not_found", "user_not_visible", "cannot_dm_bot", "messages_tab_disabled"}
)
# Slack, "chat.postMessage": errors on Slack's side, after which nobody knows whether the message was posted.
SLACK_AILING: Final = frozenset({"internal_error", "fatal_error", "request_timeout", "service_unavailable"})
# Slack, "chat.update": the message can be edited no more, so a new one takes its place.
CANNOT_EDIT: Final = frozenset(
    {"message_not_found", "cant_update_message", "edit_window_closed", "is_inactive", "channel_not_found"}
)
# Slack, "openid.connect.token": a code that is not good, or not any more; whoever opens that page can bring one.
SPENT_CODE: Final = frozenset({"invalid_code", "code_already_used", "code_expired", "invalid_grant", "no_code"})
# By method, the words that say of what a call names that it is there no more: what people do, and nobody's fault.
GONE: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "chat.update": CANNOT_EDIT,
        "chat.delete": frozenset({"message_not_found"}),
        "openid.connect.token": SPENT_CODE,
        # Slack, "views.update": the modal was closed meanwhile, or changed.
        "views.update": frozenset({"not_found", "hash_conflict"}),
    }
)


def is_nobody_there(word: str, recipient: str) -> bool:
    """Say whether Slack's word about a message is that its recipient, a person, is not to be reached at all."""
    return word in NOBODY_THERE or (word == "channel_not_found" and recipient.startswith(("U", "W")))

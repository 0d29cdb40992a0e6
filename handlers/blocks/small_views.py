"""The small modals: a reason for denying, and a plain word to somebody who may not or cannot go on."""

import json
from collections.abc import Mapping
from typing import Any

from slack_sdk.models.blocks import InputBlock
from slack_sdk.models.blocks.block_elements import PlainTextInputElement
from slack_sdk.models.views import View

from handlers import ids
from handlers.blocks.carried import object_of, text_of, version_of
from handlers.blocks.texts import markdown

LONGEST_REASON = 500


def deny_form(request_id: str, version: int) -> View:
    """Return the modal that asks an approver why."""
    return View(
        type="modal",
        callback_id=ids.DENY_FORM,
        title="Deny request",
        submit="Deny",
        close="Cancel",
        private_metadata=json.dumps({"request_id": request_id, "version": version}),
        blocks=[
            InputBlock(
                block_id=ids.REASON,
                label="Reason",
                hint="The requester reads this. Say what would make it approvable.",
                element=PlainTextInputElement(
                    action_id=ids.FORM_VALUE, multiline=True, min_length=3, max_length=LONGEST_REASON
                ),
            )
        ],
    )


def deny_parse(view: Mapping[str, Any]) -> tuple[str, int, str]:
    """Read request, version and reason out of the modal. Raises NotFound."""
    context = object_of(view.get("private_metadata"))
    typed = view["state"]["values"].get(ids.REASON, {}).get(ids.FORM_VALUE, {})
    reason = typed.get("value") or ""
    return text_of(context.get("request_id")), version_of(context.get("version")), reason.strip()


def word(title: str, sentence: str) -> View:
    """Return a modal that only says something."""
    return View(type="modal", title=title, close="Close", blocks=[markdown(sentence)])

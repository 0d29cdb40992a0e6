"""What a message says: its text, blocks and metadata, checked as Slack checks them."""

import json
import re
from dataclasses import dataclass
from typing import Any

from tests.sandbox.slack.answer import Arguments, Refused, refuse_findings
from tests.sandbox.slack.block_rules import MESSAGE_RULE
from tests.sandbox.slack.normal import completed
from tests.sandbox.slack.records import Blocks, Message, MessageVersion
from tests.sandbox.slack.workspace import Workspace

POSTED_TEXT = 40_000
UPDATED_TEXT = 4_000
ALL_BLOCKS = 13_000
# Slack's pages name no number for metadata_too_large; this one is kept low on purpose.
METADATA = 8_000


@dataclass(frozen=True, kw_only=True)
class Content:
    """What was given of a message; None stands for a part that was left out."""

    text: str | None
    blocks: Blocks | None
    metadata: dict[str, Any] | None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.text or "").strip() and not self.blocks


def read_content(workspace: Workspace, arguments: Arguments) -> Content:
    """The message in the arguments of a call; raises Refused with Slack's error for what Slack would not take."""
    if arguments.has("attachments"):
        raise Refused("invalid_attachments")
    text = arguments.text("text") if arguments.has("text") else None
    blocks = arguments.structure("blocks")
    if blocks is not None:
        blocks = _checked(workspace, blocks)
    return Content(text=text, blocks=blocks, metadata=_metadata(arguments.structure("metadata")))


def _checked(workspace: Workspace, blocks: Any) -> Blocks:
    if not isinstance(blocks, list):
        raise Refused("invalid_blocks_format")
    refuse_findings("invalid_blocks", MESSAGE_RULE(blocks, "/blocks"))
    if len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) > ALL_BLOCKS:
        raise Refused("msg_blocks_too_long")
    return completed(blocks, workspace.mint.block_id)


def _metadata(metadata: Any) -> dict[str, Any] | None:
    """Metadata is `{event_type, event_payload}` and nothing else (Slack, "Message metadata")."""
    if metadata is None:
        return None
    if not isinstance(metadata, dict) or set(metadata) != {"event_type", "event_payload"}:
        raise Refused("invalid_metadata_format")
    if not isinstance(metadata["event_payload"], dict):
        raise Refused("invalid_metadata_schema")
    if not re.fullmatch(r"\w{1,255}", str(metadata["event_type"])):
        raise Refused("invalid_metadata_format")
    if len(json.dumps(metadata, ensure_ascii=False, separators=(",", ":"))) > METADATA:
        raise Refused("metadata_too_large")
    return metadata


def new_message(
    workspace: Workspace,
    channel: str,
    content: Content,
    *,
    only_for: str | None = None,
    thread_ts: str | None = None,
    author: str | None = None,
) -> Message:
    """A message from the bot (or `author`), posted; raises Refused("no_text") when it says nothing."""
    if content.is_empty:
        raise Refused("no_text")
    ts = workspace.mint.ts()
    version = MessageVersion(
        channel=channel,
        ts=ts,
        text=(content.text or "")[:POSTED_TEXT],
        blocks=content.blocks or [],
        metadata=content.metadata,
        at=workspace.clock(),
    )
    return workspace.post(
        Message(
            channel=channel,
            ts=ts,
            author=author or workspace.bot_user_id,
            versions=(version,),
            thread_ts=thread_ts,
            only_for=only_for,
        )
    )


def edit_message(workspace: Workspace, message: Message, content: Content) -> None:
    """Put new content into a message, as chat.update documents it.

    Text without blocks removes the blocks, blocks without text remove the text, metadata stays unless given. With
    neither text nor blocks both stay, which is only useful together with metadata.
    """
    if len(content.text or "") > UPDATED_TEXT:
        raise Refused("msg_too_long")
    silent = content.text is None and content.blocks is None
    if (silent and content.metadata is None) or (not silent and content.is_empty):
        raise Refused("no_text")
    version = MessageVersion(
        channel=message.channel,
        ts=message.ts,
        text=message.text if silent else content.text or "",
        blocks=message.blocks if silent else content.blocks or [],
        metadata=content.metadata if content.metadata is not None else message.metadata,
        at=workspace.clock(),
    )
    workspace.edit(message, version)


def message_as_api(workspace: Workspace, message: Message, *, with_metadata: bool = False) -> dict[str, Any]:
    """The message object of answers and payloads."""
    answer: dict[str, Any] = {"type": "message", "user": message.author, "ts": message.ts, "text": message.text}
    if message.author == workspace.bot_user_id:
        answer |= {"bot_id": workspace.bot_id, "app_id": workspace.app_id, "team": workspace.team_id}
    if message.blocks:
        answer["blocks"] = message.blocks
    if message.thread_ts is not None:
        answer["thread_ts"] = message.thread_ts
    if len(message.versions) > 1 and not message.blocks:
        answer["edited"] = {"user": message.author, "ts": message.ts}
    if with_metadata and message.metadata is not None:
        answer["metadata"] = message.metadata
    return answer

"""Slack's rules for rich text (Slack, "Rich text block")."""

from collections.abc import Mapping

from tests.sandbox.slack.schema import Rule, by_type, flag, integer, items, one_of, shape, string

_STYLE = shape({}, dict.fromkeys(("bold", "italic", "strike", "code", "highlight", "underline"), flag))
_ID = string(255, least=1)


def _leaf(kind: str, required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None) -> Rule:
    return shape({"type": one_of(kind), **required}, {"style": _STYLE, **(optional or {})})


_TEXT = _leaf("text", {"text": string(3000, least=1)})
_LINK = _leaf("link", {"url": string(3000, least=1)}, {"text": string(3000), "unsafe": flag})
_LEAVES: dict[str, Rule] = {
    "text": _TEXT,
    "link": _LINK,
    "emoji": _leaf("emoji", {"name": _ID}, {"unicode": string(255), "skin_tone": integer(1, 6)}),
    "user": _leaf("user", {"user_id": _ID}),
    "usergroup": _leaf("usergroup", {"usergroup_id": _ID}),
    "channel": _leaf("channel", {"channel_id": _ID}),
    "broadcast": _leaf("broadcast", {"range": one_of("here", "channel", "everyone")}),
    "date": _leaf(
        "date",
        {"timestamp": integer(0, 10**11), "format": string(255, least=1)},
        {"url": string(3000), "fallback": string(3000)},
    ),
}
_LINE = items(by_type(_LEAVES), 1000, least=0)
_SECTION = shape({"type": one_of("rich_text_section"), "elements": _LINE})

RICH_TEXT_ELEMENTS = items(
    by_type(
        {
            "rich_text_section": _SECTION,
            "rich_text_quote": shape({"type": one_of("rich_text_quote"), "elements": _LINE}, {"border": integer(0, 1)}),
            "rich_text_preformatted": shape(
                {
                    "type": one_of("rich_text_preformatted"),
                    "elements": items(by_type({"text": _TEXT, "link": _LINK}), 1000, least=0),
                },
                {"border": integer(0, 1), "language": string(255)},
            ),
            "rich_text_list": shape(
                {
                    "type": one_of("rich_text_list"),
                    "style": one_of("bullet", "ordered"),
                    "elements": items(by_type({"rich_text_section": _SECTION}), 1000),
                },
                {"indent": integer(0, 8), "offset": integer(0, 1000), "border": integer(0, 1)},
            ),
        }
    ),
    1000,
)

"""What a person does in a modal (or in App Home): type, choose, pick, press, submit, close."""

import copy
from datetime import date
from typing import Any

from tests.sandbox.slack import payloads
from tests.sandbox.slack.courier import Delivery
from tests.sandbox.slack.element_state import state_of
from tests.sandbox.slack.filling import CannotDo, chosen_value, stopped_by_client, typed_value
from tests.sandbox.slack.hands import Hands, Name, Piece, find_element, is_button, is_overflow
from tests.sandbox.slack.normal import fill_texts
from tests.sandbox.slack.outcomes import WARNING_TRIANGLE, ClickOutcome, SubmitOutcome
from tests.sandbox.slack.records import Blocks, View
from tests.sandbox.slack.schema import items
from tests.sandbox.slack.submission import apply_answer, clear, close
from tests.sandbox.slack.text_rules import OPTION_GROUP, offered_options, option

_SUGGESTED = {"options": items(option(), 100, least=0), "option_groups": items(OPTION_GROUP, 100, least=0)}


class ModalHands(Hands):
    """The acts on the view that is open in front of this person; their App Home when no modal is."""

    @property
    def modal(self) -> View | None:
        """The modal that is open, as it is now."""
        with self._workspace.changing():
            return self._workspace.top(self.id)

    @property
    def home(self) -> View | None:
        """What the bot published in this person's App Home."""
        with self._workspace.changing():
            return self._workspace.homes.get(self.id)

    def wait_for_modal(self, title: str = "", seconds: float = 5.0) -> View:
        """Block until a modal (with this title) is open; raises TimeoutError."""

        def found() -> bool:
            top = self._workspace.top(self.id)
            return top is not None and title in ("", top.title)

        self._workspace.wait_until(found, seconds)
        return self._surface()

    def _surface(self) -> View:
        view = self.modal or self.home
        if view is None:
            raise CannotDo("no modal is open")
        return view

    def type(self, block: Name, text: str, *, crafted: bool = False, enter: bool = False) -> ClickOutcome | None:
        """Type into a text field; a field with `dispatch_action` tells the bot, on each change or on `enter`."""
        holder, element = find_element(self._surface().blocks, block)
        state = state_of(element, typed_value(element, text, crafted=crafted))
        config = element.get("dispatch_action_config", {}).get("trigger_actions_on", ["on_enter_pressed"])
        return self._put(holder, element, state, tells="on_character_entered" in config or enter)

    def choose(self, block: Name, *values: Any, crafted: bool = False) -> ClickOutcome | None:
        """Choose options by value or text (none clears); a menu outside an input block tells the bot at once.

        For an external menu ask `suggest` first, as the person's client does. `crafted` is a client that sends
        what was never offered.
        """
        view = self._surface()
        holder, element = find_element(view.blocks, block)
        offered = view.offered.get(element["action_id"], [])
        chosen = chosen_value(element, values, offered, crafted=crafted)
        return self._put(holder, element, state_of(element, chosen), tells=True)

    def pick_user(self, block: Name, *user_ids: str) -> ClickOutcome | None:
        """Pick people in a users menu."""
        return self.choose(block, *user_ids)

    def pick_conversation(self, block: Name, *channel_ids: str) -> ClickOutcome | None:
        """Pick conversations in a conversations menu."""
        return self.choose(block, *channel_ids)

    def pick_date(self, block: Name, day: date | str) -> ClickOutcome | None:
        """Pick a day, or a time of day in a time picker."""
        return self.choose(block, day)

    def _put(self, block: Piece, element: Piece, state: Piece, *, tells: bool) -> ClickOutcome | None:
        view = self._surface()
        with self._workspace.changing():
            view.typed[block["block_id"]][element["action_id"]] = state
            view.errors.pop(block["block_id"], None)
        if tells and (block["type"] != "input" or block.get("dispatch_action")):
            return self._act(view, block, element, state)
        return None

    def press(self, button: Name) -> ClickOutcome:
        """Press a button in the view, by action_id or text."""
        view = self._surface()
        block, element = find_element(view.blocks, button, is_button)
        return self._act(view, block, element, {})

    def press_overflow(self, menu: Name, value: str) -> ClickOutcome:
        """Choose from an overflow menu in the view."""
        view = self._surface()
        block, element = find_element(view.blocks, menu, is_overflow)
        for offered in element["options"]:
            if value in (offered["value"], offered["text"]["text"]):
                return self._act(view, block, element, {"selected_option": offered})
        raise CannotDo(f"{value!r} is not in this menu")

    def _act(self, view: View, block: Piece, element: Piece, state: Piece) -> ClickOutcome:
        since = self._mark
        with self._workspace.changing():
            entry = payloads.action(block, element, state, self._workspace.mint.ts())
            payload = payloads.actions_in_view(self._workspace, view, entry)
            payload["trigger_id"] = self._trigger(view.id if view.shown["type"] == "modal" else None)
        delivery = self._send("block_actions", payload)
        return ClickOutcome(
            workspace=self._workspace,
            user_id=self.id,
            since=since,
            delivery=delivery,
            notice=WARNING_TRIANGLE if delivery.problem else None,
            url=element.get("url"),
        )

    def suggest(self, block: Name, query: str = "") -> Blocks:
        """Type into an external menu; the options that it then shows (none where the bot's answer is unusable)."""
        return offered_options(self.suggestion(block, query))

    def suggestion(self, block: Name, query: str = "") -> Piece:
        """The same as the bot answered it: `options` or, with their labels, `option_groups`; empty for neither."""
        view = self._surface()
        holder, element = find_element(view.blocks, block)
        if not element["type"].endswith("external_select"):
            raise CannotDo("this menu asks nobody")
        if len(query) < element.get("min_query_length", 3):
            return {}
        with self._workspace.changing():
            place = (holder["block_id"], element["action_id"])
            payload = payloads.block_suggestion(self._workspace, view, place, query)
        answer = _usable_options(self._send("block_suggestion", payload))
        with self._workspace.changing():
            view.offered.setdefault(element["action_id"], []).extend(offered_options(answer))
        return answer

    def submit(self, *, crafted: bool = False) -> SubmitOutcome:
        """Press the submit button; unless `crafted`, the client stops what it would stop and sends nothing then."""
        view, since = self.modal, self._mark
        if view is None or (not crafted and "submit" not in view.shown):
            raise CannotDo("no modal with a submit button is open")
        outcome = SubmitOutcome(workspace=self._workspace, user_id=self.id, since=since)
        outcome.stopped = {} if crafted else _stopped(view)
        if outcome.stopped:
            return outcome
        with self._workspace.changing():
            payload = payloads.view_submission(self._workspace, view)
            payload["trigger_id"] = self._trigger(view.id)
        outcome.delivery = self._send("view_submission", copy.deepcopy(payload))
        with self._workspace.changing():
            apply_answer(self._workspace, view, outcome.delivery)
            outcome.errors, outcome.notice = dict(view.errors), view.notice
            outcome.closed = view not in self._workspace.stacks.get(self.id, [])
        return outcome

    def close(self, *, everything: bool = False) -> list[Delivery]:
        """Close the view on top, or the whole stack; the bot hears of those with `notify_on_close`."""
        with self._workspace.changing():
            stack = list(self._workspace.stacks.get(self.id, []))
            if not stack:
                raise CannotDo("no modal is open")
            cleared = everything or bool(stack[-1].shown.get("clear_on_close"))
            closing = stack[::-1] if cleared else stack[-1:]
            told = [
                payloads.view_closed(self._workspace, view, cleared=cleared)
                for view in closing
                if view.shown.get("notify_on_close")
            ]
            if cleared:
                clear(self._workspace, self.id)
            else:
                close(self._workspace, stack[-1])
        return [self._send("view_closed", payload) for payload in told]


def _stopped(view: View) -> dict[str, str]:
    """What the client says beside the inputs that it would not submit."""
    stopped = {}
    for block in view.blocks:
        if block["type"] == "input":
            fault = stopped_by_client(block, view.typed[block["block_id"]][block["element"]["action_id"]])
            if fault is not None:
                stopped[block["block_id"]] = fault
    return stopped


def _usable_options(delivery: Delivery) -> Piece:
    """The options in the bot's answer; none unless the whole answer keeps Slack's rules."""
    try:
        answer = delivery.json if delivery.problem is None else None
    except ValueError:
        return {}
    if not isinstance(answer, dict) or len(answer) != 1:
        return {}
    for name, rule in _SUGGESTED.items():
        if name in answer and not list(rule(answer[name], f"/{name}")):
            fill_texts(answer)
            return answer
    return {}

"""The state machines, against tables that are written here once more, by hand."""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.lifecycle import (
    CREDENTIALS,
    LINKS,
    REQUESTS,
    CredentialEvent,
    CredentialState,
    LinkEvent,
    LinkStage,
    Machine,
    RequestEvent,
    RequestState,
)
from storage.transitions import source_states

# Each line: where it stands, what happens, where it then stands. Nothing else may happen.
REQUEST_TABLE = """
pending change pending
pending approve approved
pending deny denied
pending withdraw withdrawn
pending lapse lapsed
approved claim provisioning
provisioning claim provisioning
provisioning fulfil fulfilled
provisioning fail failed
failed retry approved
"""
LINK_TABLE = """
open claim minting
minting claim minting
minting give_back open
minting record viewed
open expire expired
open replace replaced
expired replace replaced
"""
CREDENTIAL_TABLE = """
live supersede retiring
live disown retiring
retiring disown retiring
retiring restore live
retiring remove removed
"""

Table = dict[tuple[str, str], str]
MACHINES: list[tuple[str, Machine[Any, Any], type[Any], type[Any], str]] = [
    ("request", REQUESTS, RequestState, RequestEvent, REQUEST_TABLE),
    ("link", LINKS, LinkStage, LinkEvent, LINK_TABLE),
    ("credential", CREDENTIALS, CredentialState, CredentialEvent, CREDENTIAL_TABLE),
]
PAIRS = [
    pytest.param(machine, state, event, table, id=f"{name}-{state}-{event}")
    for name, machine, states, events, text in MACHINES
    for table in [{(line.split()[0], line.split()[1]): line.split()[2] for line in text.strip().splitlines()}]
    for state in states
    for event in events
]


@pytest.mark.parametrize(("machine", "state", "event", "table"), PAIRS)
def test_every_pair(machine: Machine[Any, Any], state: Any, event: Any, table: Table) -> None:
    """In each state each event leads where the table says, and nowhere where it says nothing."""
    expected = table.get((state.value, event.value))

    assert expected == machine.after(state, event)


@pytest.mark.parametrize(("machine", "state", "event", "table"), PAIRS)
def test_sql_says_the_same(machine: Machine[Any, Any], state: Any, event: Any, table: Table) -> None:
    """The condition that storage makes of an event names a state exactly where the table allows the event."""
    condition = source_states(machine, event).split(", ")

    assert ((state.value, event.value) in table) == (f"'{state.value}'" in condition)


@pytest.mark.parametrize(("machine", "states"), [pytest.param(m, s, id=n) for n, m, s, _, _ in MACHINES])
def test_every_state_has_its_own_sentence(machine: Machine[Any, Any], states: type[Any]) -> None:
    """Each state is told in one sentence that no other state shares."""
    sentences = [machine.sentences[state] for state in states]

    assert all(sentence.endswith(".") for sentence in sentences)
    assert len(sentences) == len(set(sentences))


@pytest.mark.parametrize(
    ("machine", "states", "ends"),
    [
        (REQUESTS, RequestState, {"fulfilled", "denied", "withdrawn", "lapsed"}),
        (LINKS, LinkStage, {"viewed", "replaced"}),
        (CREDENTIALS, CredentialState, {"removed"}),
    ],
)
def test_ends(machine: Machine[Any, Any], states: type[Any], ends: set[str]) -> None:
    """Exactly these states are never left again."""
    left = {state for event in machine.transitions for state in machine.sources(event)}

    assert ends == {state.value for state in states if state not in left}


class RequestsInAnyOrder(RuleBasedStateMachine):
    """A request to which anything may be tried at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.state = RequestState.PENDING
        self.history: list[RequestEvent] = []

    @rule(event=st.sampled_from(list(RequestEvent)))
    def attempt(self, event: RequestEvent) -> None:
        """Try an event; what may not happen changes nothing."""
        after = REQUESTS.after(self.state, event)
        if after is not None:
            self.state = after
            self.history.append(event)

    @invariant()
    def made_only_after_a_yes(self) -> None:
        """Nothing is made in Entra without an approval, and an approval comes once."""
        yes = [event for event in self.history if event is RequestEvent.APPROVE]
        made = self.state in {
            RequestState.APPROVED,
            RequestState.PROVISIONING,
            RequestState.FULFILLED,
            RequestState.FAILED,
        }
        assert len(yes) == int(made)

    @invariant()
    def settled_once(self) -> None:
        """Of the events that end a request there is never more than one, and it is the last."""
        final = {RequestEvent.DENY, RequestEvent.WITHDRAW, RequestEvent.LAPSE, RequestEvent.FULFIL}
        assert not [event for event in self.history[:-1] if event in final]

    @invariant()
    def not_changed_after_a_decision(self) -> None:
        """What was approved is what is made: the last change lies before the approval."""
        if RequestEvent.APPROVE in self.history:
            assert RequestEvent.CHANGE not in self.history[self.history.index(RequestEvent.APPROVE) :]


class LinksInAnyOrder(RuleBasedStateMachine):
    """A one-time link to which anything may be tried at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = LinkStage.OPEN
        self.history: list[LinkEvent] = []

    @rule(event=st.sampled_from(list(LinkEvent)))
    def attempt(self, event: LinkEvent) -> None:
        """Try an event; what may not happen changes nothing."""
        after = LINKS.after(self.stage, event)
        if after is not None:
            self.stage = after
            self.history.append(event)

    @invariant()
    def viewed_at_most_once(self) -> None:
        """A link is viewed at most once, straight after a claim, and nothing happens to it afterwards."""
        if LinkEvent.RECORD in self.history:
            assert self.history.count(LinkEvent.RECORD) == 1
            assert self.history[-2:] == [LinkEvent.CLAIM, LinkEvent.RECORD]

    @invariant()
    def never_ended_while_minting(self) -> None:
        """A link that is being pressed is not taken away: before an end it is open or expired."""
        pairs = list(zip(self.history, self.history[1:], strict=False))
        assert (LinkEvent.CLAIM, LinkEvent.EXPIRE) not in pairs


class CredentialsInAnyOrder(RuleBasedStateMachine):
    """A client secret to which anything may be tried at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.state = CredentialState.LIVE
        self.history: list[CredentialEvent] = []

    @rule(event=st.sampled_from(list(CredentialEvent)))
    def attempt(self, event: CredentialEvent) -> None:
        """Try an event; what may not happen changes nothing."""
        after = CREDENTIALS.after(self.state, event)
        if after is not None:
            self.state = after
            self.history.append(event)

    @invariant()
    def removed_only_after_retiring(self) -> None:
        """A secret in use is never removed: it was replaced or disowned before."""
        if CredentialEvent.REMOVE in self.history:
            assert self.history.index(CredentialEvent.REMOVE) > 0
            assert self.history[-1] is CredentialEvent.REMOVE


TestRequestsInAnyOrder = RequestsInAnyOrder.TestCase
TestLinksInAnyOrder = LinksInAnyOrder.TestCase
TestCredentialsInAnyOrder = CredentialsInAnyOrder.TestCase

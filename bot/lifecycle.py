"""The state machines: one table each. Storage builds the condition of every transition from these."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

State = TypeVar("State", bound=StrEnum)
Event = TypeVar("Event", bound=StrEnum)


@dataclass(frozen=True, kw_only=True)
class Machine(Generic[State, Event]):
    """A state machine: each event with the states it may come from and the one state it leads to."""

    transitions: Mapping[Event, tuple[frozenset[State], State]]
    sentences: Mapping[State, str]

    def sources(self, event: Event) -> frozenset[State]:
        """The states in which `event` may happen."""
        return self.transitions[event][0]

    def target(self, event: Event) -> State:
        """The state that `event` leads to."""
        return self.transitions[event][1]

    def after(self, state: State, event: Event) -> State | None:
        """The state after `event` in `state`; None where it may not happen."""
        sources, target = self.transitions[event]
        return target if state in sources else None


class RequestState(StrEnum):
    """Where a request stands."""

    PENDING = "pending"
    APPROVED = "approved"
    PROVISIONING = "provisioning"
    FULFILLED = "fulfilled"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    FAILED = "failed"


class RequestEvent(StrEnum):
    """What can happen to a request."""

    CHANGE = "change"
    APPROVE = "approve"
    DENY = "deny"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"
    CLAIM = "claim"
    FULFIL = "fulfil"
    FAIL = "fail"
    RETRY = "retry"


_R = RequestState
_E = RequestEvent

REQUESTS: Machine[RequestState, RequestEvent] = Machine(
    transitions={
        _E.CHANGE: (frozenset({_R.PENDING}), _R.PENDING),
        _E.APPROVE: (frozenset({_R.PENDING}), _R.APPROVED),
        _E.DENY: (frozenset({_R.PENDING}), _R.DENIED),
        _E.WITHDRAW: (frozenset({_R.PENDING}), _R.WITHDRAWN),
        _E.LAPSE: (frozenset({_R.PENDING}), _R.LAPSED),
        # A claim of a request that is already being provisioned takes over from a process that died.
        _E.CLAIM: (frozenset({_R.APPROVED, _R.PROVISIONING}), _R.PROVISIONING),
        _E.FULFIL: (frozenset({_R.PROVISIONING}), _R.FULFILLED),
        _E.FAIL: (frozenset({_R.PROVISIONING}), _R.FAILED),
        _E.RETRY: (frozenset({_R.FAILED}), _R.APPROVED),
    },
    sentences={
        _R.PENDING: "Waiting for an approver.",
        _R.APPROVED: "Approved; the application is about to be made.",
        _R.PROVISIONING: "Approved; the application is being made in Entra.",
        _R.FULFILLED: "Done; the application exists.",
        _R.DENIED: "Denied by an approver.",
        _R.WITHDRAWN: "Withdrawn by the requester.",
        _R.LAPSED: "Lapsed: nobody decided in time.",
        _R.FAILED: "Entra refused to make the application; the approvers can retry.",
    },
)


class LinkStage(StrEnum):
    """Where a one-time link stands."""

    OPEN = "open"
    MINTING = "minting"
    VIEWED = "viewed"
    EXPIRED = "expired"
    REPLACED = "replaced"


class LinkEvent(StrEnum):
    """What can happen to a one-time link."""

    CLAIM = "claim"
    GIVE_BACK = "give_back"
    RECORD = "record"
    EXPIRE = "expire"
    REPLACE = "replace"


_V = LinkEvent

LINKS: Machine[LinkStage, LinkEvent] = Machine(
    transitions={
        # A claim of a link that is already minting takes over once the earlier lease has run out.
        _V.CLAIM: (frozenset({LinkStage.OPEN, LinkStage.MINTING}), LinkStage.MINTING),
        _V.GIVE_BACK: (frozenset({LinkStage.MINTING}), LinkStage.OPEN),
        _V.RECORD: (frozenset({LinkStage.MINTING}), LinkStage.VIEWED),
        _V.EXPIRE: (frozenset({LinkStage.OPEN}), LinkStage.EXPIRED),
        _V.REPLACE: (frozenset({LinkStage.OPEN, LinkStage.EXPIRED}), LinkStage.REPLACED),
    },
    sentences={
        LinkStage.OPEN: "Not opened yet.",
        LinkStage.MINTING: "The secret is being made for somebody who pressed.",
        LinkStage.VIEWED: "The secret was shown; it will not be shown again.",
        LinkStage.EXPIRED: "Nobody opened it in time; no secret was made.",
        LinkStage.REPLACED: "A newer link took its place.",
    },
)


class CredentialState(StrEnum):
    """Where a client secret that we minted stands."""

    LIVE = "live"
    RETIRING = "retiring"
    REMOVED = "removed"


class CredentialEvent(StrEnum):
    """What can happen to a client secret that we minted."""

    SUPERSEDE = "supersede"
    DISOWN = "disown"
    RESTORE = "restore"
    REMOVE = "remove"


_C = CredentialEvent

CREDENTIALS: Machine[CredentialState, CredentialEvent] = Machine(
    transitions={
        _C.SUPERSEDE: (frozenset({CredentialState.LIVE}), CredentialState.RETIRING),
        # Nobody holds it ("I did not see it"): it retires at once.
        _C.DISOWN: (frozenset({CredentialState.LIVE, CredentialState.RETIRING}), CredentialState.RETIRING),
        # Nobody saw its successor: it goes back into use, unless its removal has begun.
        _C.RESTORE: (frozenset({CredentialState.RETIRING}), CredentialState.LIVE),
        _C.REMOVE: (frozenset({CredentialState.RETIRING}), CredentialState.REMOVED),
    },
    sentences={
        CredentialState.LIVE: "In use.",
        CredentialState.RETIRING: "Replaced; it is removed from Entra when its overlap ends.",
        CredentialState.REMOVED: "Removed from Entra.",
    },
)

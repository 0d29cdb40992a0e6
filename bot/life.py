"""How long a client secret lives: as it was approved, and its successors as long as the secret before them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model import SecretTerm
from bot.policy import SHORTEST_SECRET_DAYS, Policy, end_of
from bot.records import Credential


@dataclass(frozen=True, kw_only=True)
class Life:
    """How long one secret lives. `term` is what people are told; `length` is exact where the term only rounds it."""

    term: SecretTerm
    length: timedelta | None = None

    def ends_at(self, start: datetime) -> datetime:
        """Return when the secret ends if it is made at `start`."""
        return end_of(self.term, start) if self.length is None else start + self.length

    def is_over(self, now: datetime) -> bool:
        """Say whether the last day has passed, so that no secret can be made any more."""
        return self.ends_at(now) <= now


def first_life(term: SecretTerm) -> Life:
    """Return the life of an application's first secret: the term that was approved."""
    return Life(term=term)


def next_life(term: SecretTerm, before: Credential, policy: Policy) -> Life:
    """Return the life of the secret that comes after `before`, a day at least and no more than the policy allows.

    A term in days is taken as it stands. A last day was chosen for the first secret only: its successor lives as
    long as the secret before it did.
    """
    longest = timedelta(days=policy.longest_secret_days)
    if term.days is not None:
        return Life(term=SecretTerm(days=min(term.days, policy.longest_secret_days)))
    length = min(max(before.ends_at - before.starts_at, timedelta(days=SHORTEST_SECRET_DAYS)), longest)
    return Life(term=SecretTerm(days=length.days), length=length)

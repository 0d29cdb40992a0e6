"""Who people are, by Slack's own word, remembered for a short while; and who may decide."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.errors import NotAllowed, SlackUnavailable
from bot.model import Person

REMEMBERED_SECONDS = 300.0
GROUP_SECONDS = 60.0
# So many people are asked after at once: a form may name ten co-owners.
THREADS = 8
# A user group that Slack does not tell of is trusted for so long as it was last known, then not at all.
GROUP_GRACE_SECONDS = 900.0


class People:
    """Slack's members and user groups."""

    def __init__(
        self,
        client: WebClient,
        approvers: Iterable[str],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._approver_ids = frozenset(name for name in approvers if not name.startswith("S"))
        self._groups = tuple(name for name in approvers if name.startswith("S"))
        # A pool of its own: neither slow trials of secrets nor a slow Slack make the other wait.
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="people")
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._people: dict[str, tuple[float, Person]] = {}
        self._members: dict[str, tuple[float, frozenset[str]]] = {}
        self._home: Mapping[str, Any] = {}

    def person(self, user_id: str) -> Person:
        """Return one person, asked of Slack unless known since a short while. Raises SlackUnavailable."""
        known = self._known(user_id)
        return known if known is not None else self._ask(user_id)

    def fresh(self, user_id: str) -> Person:
        """Return one person as Slack describes them now: for decisions. Raises SlackUnavailable."""
        return self._ask(user_id)

    def several(self, user_ids: Iterable[str], seconds: float) -> dict[str, Person | None]:
        """Return people, None for those of whom Slack did not tell within so many seconds."""
        wanted = {user_id: self._executor.submit(self.person, user_id) for user_id in dict.fromkeys(user_ids)}
        wait(wanted.values(), timeout=seconds)
        # Nobody waits for the rest any more, so what was not begun is not asked at all.
        known = {name: found for name, found in wanted.items() if not found.cancel() and found.done()}
        return {
            name: known[name].result() if name in known and not known[name].exception() else None for name in wanted
        }

    def close(self) -> None:
        """Let go of the threads, once what is being asked is answered."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def is_approver(self, user_id: str) -> bool:
        """Say whether a person is on the list of approvers, by id or by user group. Raises SlackUnavailable."""
        return user_id in self._approver_ids or any(user_id in self._group(name) for name in self._groups)

    def is_approver_now(self, user_id: str) -> bool:
        """Say the same by what Slack tells at this moment: for decisions. Raises SlackUnavailable."""
        return user_id in self._approver_ids or any(user_id in self._ask_group(name) for name in self._groups)

    def _known(self, user_id: str) -> Person | None:
        with self._lock:
            entry = self._people.get(user_id)
        return entry[1] if entry and self._monotonic() - entry[0] < REMEMBERED_SECONDS else None

    def _ask(self, user_id: str) -> Person:
        try:
            user = self._client.users_info(user=user_id)["user"]
        except SlackApiError as error:
            if error.response.get("error") in {"user_not_found", "user_not_visible"}:
                raise NotAllowed("Slack does not let me see who you are, so I cannot act for you.") from error
            raise SlackUnavailable(f"users.info: {error.response.get('error')}") from error
        except OSError as error:
            raise SlackUnavailable(f"users.info: {type(error).__name__}") from error
        person = _person(user, self._workspace())
        with self._lock:
            self._people[user_id] = (self._monotonic(), person)
        return person

    def home_team(self) -> str:
        """Return the id of our own workspace. Raises SlackUnavailable."""
        return str(self._workspace().get("team_id", ""))

    def _workspace(self) -> Mapping[str, Any]:
        """Return what auth.test says of our own workspace, which stays the same. Raises SlackUnavailable."""
        if not self._home:
            try:
                self._home = dict(self._client.auth_test().data)  # type: ignore[arg-type]  # a dict, for JSON answers
            except SlackApiError as error:
                raise SlackUnavailable(f"auth.test: {error.response.get('error')}") from error
            except OSError as error:
                raise SlackUnavailable(f"auth.test: {type(error).__name__}") from error
        return self._home

    def _group(self, group_id: str) -> frozenset[str]:
        with self._lock:
            known = self._members.get(group_id)
        age = self._monotonic() - known[0] if known else GROUP_GRACE_SECONDS
        if known and age < GROUP_SECONDS:
            return known[1]
        try:
            return self._ask_group(group_id)
        except SlackUnavailable:
            if known and age < GROUP_GRACE_SECONDS:
                return known[1]
            raise

    def _ask_group(self, group_id: str) -> frozenset[str]:
        try:
            answer = self._client.usergroups_users_list(usergroup=group_id)
        except (SlackApiError, OSError) as error:
            raise SlackUnavailable(f"usergroups.users.list: {type(error).__name__}") from error
        members = frozenset(answer["users"])
        with self._lock:
            self._members[group_id] = (self._monotonic(), members)
        return members


def _person(user: Mapping[str, Any], home: Mapping[str, Any]) -> Person:
    """Read a user object (Slack, "users.info"). `is_stranger` alone misses strangers one shares a channel with."""
    profile = user.get("profile", {})
    enterprise = (user.get("enterprise_user") or {}).get("enterprise_id")
    same_enterprise = bool(home.get("enterprise_id")) and enterprise == home.get("enterprise_id")
    foreign = user.get("team_id") not in {None, home.get("team_id")} and not same_enterprise
    return Person(
        id=user["id"],
        name=profile.get("real_name") or user.get("real_name") or user.get("name") or user["id"],
        email=profile.get("email"),
        is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        is_stranger=bool(user.get("is_stranger")) or foreign,
        is_bot=bool(user.get("is_bot") or user.get("is_app_user")),
        is_deactivated=bool(user.get("deleted")),
        timezone=user.get("tz") or "UTC",
    )

"""The composition root: settings to store, Entra, use cases, Slack and web. The one file that sees everything."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask
from slack_bolt import App

from bot.approvals import Approvals
from bot.clock import Clock, Round
from bot.connections import SLACK_ANSWER_SECONDS, access, open_id, slack_app, slack_client
from bot.desk import Desk
from bot.doors import metrics_door, not_ready, slack_door
from bot.graph import Entra, open_entra
from bot.graph.applications import Applications
from bot.links import Links
from bot.minting import Minting
from bot.orphans import Orphans
from bot.policy import Policy, load_policy
from bot.proof import Proof
from bot.provisioning import Provisioning
from bot.pulse import Pulse, outcome_of
from bot.reminders import Reminders
from bot.removal import Removal
from bot.retention import Retention
from bot.rotation import Rotation
from bot.rounds import Part, all_rounds, rounds_of, told_of
from bot.settings import Settings
from bot.waiting import Waiting
from handlers.blocks.link_dm import LinkPlace
from handlers.courier import Courier
from handlers.notices import SlackNotices
from handlers.openid import OpenId
from handlers.pace import Limits
from handlers.people import People
from handlers.rendering import Renderer
from handlers.use_cases import UseCases
from handlers.web import create_web
from storage import Store, open_store
from storage.database import Database

# A browser waits for a press; a request in the background may take its time.
PRESS_PATIENCE_SECONDS = 20.0
COURIER_SECONDS = 15


@dataclass(frozen=True, kw_only=True)
class Bot:
    """The whole product, put together and not yet started."""

    settings: Settings
    part: Part
    policy: Policy
    store: Store
    entra: Entra
    use_cases: UseCases
    desk: Desk
    slack: App
    sign_in: OpenId | None
    web: Flask
    rounds: tuple[Round, ...]
    clock: Clock
    pulse: Pulse
    background: ThreadPoolExecutor
    ending: threading.Event

    def start(self) -> None:
        """Start the clock."""
        self.clock.start()

    def settle(self) -> None:
        """Do everything that is due now, until nothing is: the clock's rounds without the clock."""
        while sum(bool(entry.work()) for entry in self.rounds if entry.hurry):
            pass

    def close(self) -> None:
        """Finish what is in hand, then let go of everything."""
        self.ending.set()
        self.clock.stop()
        self.background.shutdown(wait=True)
        self.use_cases.people.close()
        self.pulse.last_beat()
        self.store.close()


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What every room of the house stands on."""

    settings: Settings
    policy: Policy
    store: Store
    entra: Entra
    notices: SlackNotices
    links: Links
    pulse: Pulse
    now: Callable[[], datetime]
    background: ThreadPoolExecutor
    ending: threading.Event

    @property
    def limits(self) -> Limits:
        """What Slack refuses just now."""
        return Limits(self.store, self.now)

    def count_slack(self, method: str, status: int) -> None:
        """Count a call of Slack's Web API."""
        self.pulse.count("slack", method, outcome_of(status))


def build(  # noqa: PLR0913 - each but the first has a value that suits the product
    settings: Settings,
    *,
    part: Part = Part.ALL,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    database: Database | None = None,
    poll_seconds: float = 1.0,
    proof_pause_seconds: float | None = None,
    connect: Callable[..., Entra] = open_entra,
) -> Bot:
    """Put the product together. Raises SettingsFaults; nothing is sent before `start`.

    `part` is what this process does of the whole. The rest are seams for those who run it on another clock;
    `connect` decides how pauses pass.
    """
    ground = _ground(settings, now, database, connect)
    proof = _proof(ground, proof_pause_seconds)
    pressed = Applications(ground.entra.client.with_patience(PRESS_PATIENCE_SECONDS))
    orphans = Orphans(ground.store, pressed, ground.links, ground.policy, ground.now)
    use_cases = _use_cases(ground)
    every_round = _rounds(ground, use_cases, orphans, proof, poll_seconds)
    rounds = rounds_of(part, every_round)
    clock = Clock(rounds, went_well=ground.pulse.went_well)
    desk = _desk(ground, _minting(ground, pressed, orphans, proof), clock)
    slack = slack_app(settings, use_cases, ground.count_slack, ground.limits, clock.wake)
    sign_in = open_id(settings, use_cases.people.home_team, ground.now, ground.count_slack)
    return Bot(
        settings=settings,
        part=part,
        policy=ground.policy,
        store=ground.store,
        entra=ground.entra,
        use_cases=use_cases,
        desk=desk,
        slack=slack,
        sign_in=sign_in,
        web=_web(ground, desk, slack, clock, sign_in, told_of(every_round)),
        rounds=rounds,
        clock=clock,
        pulse=ground.pulse,
        background=ground.background,
        ending=ground.ending,
    )


def _ground(
    settings: Settings, now: Callable[[], datetime], database: Database | None, connect: Callable[..., Entra]
) -> Ground:
    policy = load_policy(settings.policy_file)
    store = Store(database=database) if database is not None else open_store(settings.database_url)
    store.migrate(now())
    notices = SlackNotices(store, now, settings.approvers_channel)
    pulse = Pulse(store, now)
    return Ground(
        settings=settings,
        policy=policy,
        store=store,
        entra=connect(
            access(settings, policy),
            clock=now,
            answered=lambda call, status: pulse.count("graph", call, outcome_of(status)),
        ),
        notices=notices,
        links=Links(store, notices, policy, now, settings.entra_tenant_id),
        pulse=pulse,
        now=now,
        background=ThreadPoolExecutor(max_workers=8, thread_name_prefix="background"),
        ending=threading.Event(),
    )


def _proof(ground: Ground, pause_seconds: float | None) -> Proof:
    return Proof(
        store=ground.store,
        notices=ground.notices,
        tokens=ground.entra.tokens,
        clock=ground.now,
        executor=ground.background,
        pause=lambda seconds: ground.ending.wait(seconds if pause_seconds is None else pause_seconds),
    )


def _minting(ground: Ground, applications: Applications, orphans: Orphans, proof: Proof) -> Minting:
    return Minting(
        store=ground.store,
        entra=ground.entra,
        applications=applications,
        links=ground.links,
        orphans=orphans,
        notices=ground.notices,
        policy=ground.policy,
        clock=ground.now,
        prove=proof.begin,
    )


def _desk(ground: Ground, minting: Minting, clock: Clock) -> Desk:
    return Desk(
        store=ground.store,
        links=ground.links,
        minting=minting,
        notices=ground.notices,
        clock=ground.now,
        must_sign_in=ground.settings.sign_in_client_id is not None,
        minted=clock.wake,
    )


def _provisioning(ground: Ground) -> Provisioning:
    return Provisioning(
        store=ground.store,
        entra=ground.entra,
        links=ground.links,
        notices=ground.notices,
        policy=ground.policy,
        clock=ground.now,
    )


def _use_cases(ground: Ground) -> UseCases:
    store, notices, policy, now = ground.store, ground.notices, ground.policy, ground.now
    settings, applications = ground.settings, ground.entra.applications
    return UseCases(
        store=store,
        policy=policy,
        clock=now,
        people=People(
            slack_client(settings, SLACK_ANSWER_SECONDS, ground.count_slack, ground.limits), settings.approvers
        ),
        catalogue=ground.entra.catalogue,
        approvals=Approvals(store, notices, policy, now),
        waiting=Waiting(store, notices, policy, now, applications),
        links=ground.links,
        reminders=Reminders(store, notices, policy, now),
        rotation=Rotation(store, notices, ground.links, policy, now),
        removal=Removal(store, notices, applications, now),
        retention=Retention(store, policy, now),
    )


def _rounds(
    ground: Ground, use_cases: UseCases, orphans: Orphans, proof: Proof, poll_seconds: float
) -> tuple[Round, ...]:
    return all_rounds(
        use_cases,
        _courier(ground),
        _provisioning(ground),
        orphans,
        proof,
        ground.pulse,
        ground.settings.daily_at,
        poll_seconds,
    )


def _courier(ground: Ground) -> Courier:
    settings, tokens = ground.settings, ground.entra.tokens
    place = LinkPlace(
        tenant_id=settings.entra_tenant_id,
        authority=tokens.authority,
        token_endpoint=tokens.token_endpoint,
        public_url=settings.public_url,
    )
    renderer = Renderer(ground.store, ground.links, ground.policy, place, ground.now, settings.approvers)
    return Courier(
        ground.store, slack_client(settings, COURIER_SECONDS, ground.count_slack), renderer, ground.notices, ground.now
    )


def _web(ground: Ground, desk: Desk, slack: App, clock: Clock, sign_in: OpenId | None, rounds: Sequence[str]) -> Flask:
    return create_web(
        desk,
        public_url=ground.settings.public_url,
        trusted_proxies=ground.settings.trusted_proxies,
        slack=slack_door(ground.settings, ground.store, slack, ground.now),
        metrics=metrics_door(ground.settings, ground.store, ground.now, rounds),
        ready=lambda: not_ready(ground.store, clock),
        clock=ground.now,
        sign_in=sign_in,
    )

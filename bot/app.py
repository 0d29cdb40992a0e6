"""The composition root: settings to store, Entra, use cases, Slack and web. The one file that sees everything."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask, Request
from slack_bolt import App
from werkzeug.wrappers import Response

from bot.approvals import Approvals
from bot.clock import Clock, Round
from bot.connections import SLACK_ANSWER_SECONDS, access, open_id, slack_app, slack_client
from bot.desk import Desk
from bot.graph import Entra, open_entra
from bot.graph.applications import Applications
from bot.links import Links
from bot.minting import Minting
from bot.policy import Policy, load_policy
from bot.proof import Proof
from bot.provisioning import Provisioning
from bot.reminders import Reminders
from bot.removal import Removal
from bot.retention import Retention
from bot.rotation import Rotation
from bot.rounds import Part, all_rounds, rounds_of
from bot.settings import Settings
from handlers.blocks.link_dm import LinkPlace
from handlers.courier import Courier
from handlers.deliveries import once
from handlers.notices import SlackNotices
from handlers.people import People
from handlers.rendering import Renderer
from handlers.slack_door import heard_by, verified
from handlers.use_cases import UseCases
from handlers.web import create_web
from storage import Store, open_store
from storage.database import Database

# A browser waits for a press; a request in the background may take its time.
PRESS_PATIENCE_SECONDS = 20.0
COURIER_SECONDS = 15
# A piece of background work hangs, and is not merely slow, when it takes longer than this.
HANGING_SECONDS = 900.0


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
    web: Flask
    rounds: tuple[Round, ...]
    clock: Clock
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
    now: Callable[[], datetime]
    background: ThreadPoolExecutor
    ending: threading.Event


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
    minting = _minting(ground, proof)
    use_cases = _use_cases(ground)
    table = all_rounds(
        use_cases, _courier(ground), _provisioning(ground), minting, proof, settings.daily_at, poll_seconds
    )
    rounds = rounds_of(part, table)
    desk = _desk(ground, minting)
    slack = slack_app(settings, use_cases)
    clock = Clock(rounds)
    return Bot(
        settings=settings,
        part=part,
        policy=ground.policy,
        store=ground.store,
        entra=ground.entra,
        use_cases=use_cases,
        desk=desk,
        slack=slack,
        web=_web(ground, desk, slack, clock, use_cases.people),
        rounds=rounds,
        clock=clock,
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
    return Ground(
        settings=settings,
        policy=policy,
        store=store,
        entra=connect(access(settings, policy), clock=now),
        notices=notices,
        links=Links(store, notices, policy, now, settings.entra_tenant_id),
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


def _minting(ground: Ground, proof: Proof) -> Minting:
    return Minting(
        store=ground.store,
        entra=ground.entra,
        applications=Applications(ground.entra.client.with_patience(PRESS_PATIENCE_SECONDS)),
        links=ground.links,
        notices=ground.notices,
        policy=ground.policy,
        clock=ground.now,
        prove=proof.begin,
    )


def _desk(ground: Ground, minting: Minting) -> Desk:
    return Desk(
        store=ground.store,
        links=ground.links,
        minting=minting,
        notices=ground.notices,
        clock=ground.now,
        must_sign_in=ground.settings.sign_in_client_id is not None,
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
        people=People(slack_client(settings, SLACK_ANSWER_SECONDS), settings.approvers),
        catalogue=ground.entra.catalogue,
        approvals=Approvals(store, notices, policy, now, applications),
        links=ground.links,
        reminders=Reminders(store, notices, policy, now),
        rotation=Rotation(store, notices, ground.links, policy, now),
        removal=Removal(store, notices, applications, now),
        retention=Retention(store, policy, now),
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
    return Courier(ground.store, slack_client(settings, COURIER_SECONDS), renderer, ground.notices, ground.now)


def _web(ground: Ground, desk: Desk, slack: App, clock: Clock, people: People) -> Flask:
    return create_web(
        desk,
        public_url=ground.settings.public_url,
        trusted_proxies=ground.settings.trusted_proxies,
        slack=_slack_door(ground, slack),
        ready=lambda: _not_ready(ground.store, clock),
        clock=ground.now,
        sign_in=open_id(ground.settings, people.home_team, ground.now),
    )


def _slack_door(ground: Ground, slack: App) -> Callable[[Request], Response] | None:
    """Return what answers Slack's requests; nothing does over Socket Mode, which needs no address."""
    secret = ground.settings.slack_signing_secret
    if secret is None or ground.settings.slack_app_token is not None:
        return None
    return verified(secret.get_secret_value(), once(ground.store, heard_by(slack), ground.now))


def _not_ready(store: Store, clock: Clock) -> Mapping[str, str]:
    """Return what is wrong with this instance, by name; empty when it can do its work. A dead database raises.

    A message that Slack refuses for days says nothing of the instance: another instance could not send it either.
    """
    store.outbox.oldest_waiting()
    return dict.fromkeys(clock.hanging(HANGING_SECONDS), "This background work hangs; restart the process.")

"""Many armed links on many applications, as they stand after many approvals; and a bot to press them at."""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server

from bot.app import Bot, build
from bot.lifecycle import LinkStage, RequestState
from bot.model import ApplicationDraft, SecretTerm
from bot.records import Application, AppRequest, Link, Owner, RequestForm
from bot.settings import load_settings
from tests.sandbox.surroundings import Surroundings

PROCESSES = multiprocessing.get_context("forkserver")
FORM = RequestForm(
    display_name="Ward dashboard",
    audience="AzureADMyOrg",
    reply_urls=("https://ward.contoso.example/auth/callback",),
    scopes=(),
    secret_description="production",
    term=SecretTerm(days=180),
    co_owners=(),
    justification="Nurses see the beds of their ward.",
)


def settings_for(around: Surroundings, folder: Path) -> dict[str, Any]:
    """The settings of a bot behind one proxy, so that each press can come from an address of its own."""
    environment = around.environment(public_url="http://127.0.0.1:1", database=folder / "bot.sqlite3")
    return {**{name.lower(): value for name, value in environment.items()}, "trusted_proxies": 1}


def armed_links(bot: Bot, count: int) -> list[tuple[str, str]]:
    """Make applications in the tenant with an armed link each; return (object id, token) of each."""
    owner = bot.entra.directory.own_service_principal(bot.entra.client_id)
    return [_armed_link(bot, number, owner) for number in range(count)]


def _armed_link(bot: Bot, number: int, bots_id: str) -> tuple[str, str]:
    now = datetime.now(UTC)
    made = bot.entra.applications.create(
        ApplicationDraft(
            display_name=FORM.display_name,
            audience=FORM.audience,
            reply_urls=FORM.reply_urls,
            scopes=(),
            owner_ids=(bots_id,),
            tags=("register-app",),
            notes="",
            unique_name=f"race-{number}",
        )
    )
    bot.entra.applications.create_service_principal(made.app_id)
    owner = Owner(person_id="U0ADA", name="Ada Lovelace", email=None)
    with bot.store.transaction():
        bot.store.requests.add(
            AppRequest(
                id=f"REQ-{number}",
                form_id=str(number),
                state=RequestState.FULFILLED,
                version=1,
                requester=owner,
                form=FORM,
                submitted_at=now,
                state_since=now,
            )
        )
        bot.store.applications.add(
            Application(
                id=f"app-{number}",
                request_id=f"REQ-{number}",
                display_name=FORM.display_name,
                object_id=made.object_id,
                app_id=made.app_id,
                service_principal_id=None,
                form=FORM,
                owners=(owner,),
                created_at=now,
            )
        )
        link = Link(
            id=f"link-{number}",
            application_id=f"app-{number}",
            recipient_id=owner.person_id,
            stage=LinkStage.OPEN,
            issued_at=now,
            expires_at=now + timedelta(hours=1),
        )
        bot.store.links.add(link)
        bot.store.links.arm(link.id, now=now, until=link.expires_at)
        bot.store.outbox.put(f"sending-{number}", "link", link.id, owner.person_id, now=now)
    sending = bot.store.outbox.claim("race", now=now, until=link.expires_at)
    assert sending is not None
    return made.object_id, bot.use_cases.links.new_token(sending) or ""


def serve(values: dict[str, Any], port: Connection) -> None:
    """Serve the bot's web side in this process, and tell the port."""
    bot = build(load_settings(values), proof_pause_seconds=0)
    server = make_server("127.0.0.1", 0, bot.web, threaded=True)
    port.send(server.server_port)
    server.serve_forever()


@contextmanager
def processes(values: dict[str, Any], count: int) -> Iterator[list[str]]:
    """Several processes over one database; yields their addresses."""
    started = []
    urls = []
    for _ in range(count):
        ours, theirs = PROCESSES.Pipe(duplex=False)
        process = PROCESSES.Process(target=serve, args=(values, theirs), daemon=True)
        process.start()
        started.append(process)
        urls.append(f"http://127.0.0.1:{ours.recv()}")
    yield urls
    for process in started:
        process.kill()
        process.join()

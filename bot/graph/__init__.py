"""Everything that calls Microsoft: tokens from Entra ID, and Microsoft Graph v1.0.

credentials     the four ways in which the bot proves who it is
token_wire      the HTTP under MSAL, and the way to an Entra on this machine
tokens          the bot's tokens and roles; the try-out of a fresh client secret
sign_in         the same tokens, with how each sign-in ended counted
odata           texts quoted for a filter or a path
bounded         an answer has an end, in size and in time
answers         one answer of Graph as a value; its texts that we match, in one table; Graph's errors as ours
retries         which call is made again, and when: pure questions
client          the one door: timeouts, repetition, log line, errors, pages
bodies          Graph's JSON to our nouns and back
applications    applications, service principals, client secrets
catalogue       the tenant's delegated scopes, searched from memory
directory       people, the bot's own service principal, the tenant's policy
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import requests

from bot.graph.applications import Applications
from bot.graph.bounded import bounded_session
from bot.graph.catalogue import Catalogue, load
from bot.graph.client import GraphClient
from bot.graph.directory import Directory
from bot.graph.sign_in import CountedTokens
from bot.graph.tokens import PUBLIC_AUTHORITY, PUBLIC_GRAPH, BotCredential, Tokens


@dataclass(frozen=True, kw_only=True)
class EntraAccess:
    """Where Entra is, and whom the bot is there; sovereign clouds by their own authority and root."""

    tenant_id: str
    client_id: str
    credential: BotCredential
    authority: str = PUBLIC_AUTHORITY
    graph_root: str = PUBLIC_GRAPH
    extra_resource_app_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Entra:
    """One tenant, as the rest of the bot sees it."""

    tenant_id: str
    client_id: str
    tokens: Tokens
    client: GraphClient
    applications: Applications
    catalogue: Catalogue
    directory: Directory


def open_entra(  # noqa: PLR0913 - each but the first two has a value that suits the product
    access: EntraAccess,
    *,
    clock: Callable[[], datetime],
    session: requests.Session | None = None,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
    patience_seconds: float = 60.0,
    answered: Callable[[str, int], None] = lambda _call, _status: None,
) -> Entra:
    """Put the rooms of this floor together; nothing is sent until something is asked.

    `answered` hears of every call of Graph, its method and template, and of every sign-in; each with its status, 0 for
    no answer.

    Raises ValueError when an address is plain http to another machine.
    """
    http = session or bounded_session()
    tokens = Tokens(access.tenant_id, access.client_id, access.credential, access.authority, access.graph_root, http)
    counted = CountedTokens(tokens, answered)
    client = GraphClient(counted, access.graph_root, http, sleep, monotonic, patience_seconds, answered=answered)
    return Entra(
        tenant_id=access.tenant_id,
        client_id=access.client_id,
        tokens=tokens,
        client=client,
        applications=Applications(client),
        catalogue=Catalogue(lambda: load(client, access.tenant_id, access.extra_resource_app_ids), clock),
        directory=Directory(client),
    )

"""The connections to Slack and to Entra, as the settings say."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from datetime import datetime
from functools import partial
from typing import ParamSpec, TypeVar

from slack_bolt import App, BoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

import handlers
from bot.graph import EntraAccess
from bot.graph.credentials import BotCredential, Certificate, ClientSecret, FederatedAssertion, ManagedIdentity
from bot.policy import Policy
from bot.settings import Settings
from handlers.openid import OpenId, OpenIdClient
from handlers.pace import Limits
from handlers.slack_client import SlackClient
from handlers.use_cases import UseCases

Given = ParamSpec("Given")
Made = TypeVar("Made")
SLACK_ANSWER_SECONDS = 3
# A person waits for this one before a page, and not Slack for us.
OPENID_ANSWER_SECONDS = 10


class Listeners(ThreadPoolExecutor):
    """Bolt's threads, which know what the thread that called them knows: which delivery is in hand.

    Whatever is heard is heard in one of them, over HTTP and over Socket Mode alike, and what it decided is durable when
    its listener is done: so they are what can say that there may be work.
    """

    def __init__(self, threads: int, heard: Callable[[], None]) -> None:
        super().__init__(threads, thread_name_prefix="listener")
        self._heard = heard

    def submit(self, call: Callable[Given, Made], /, *args: Given.args, **kwargs: Given.kwargs) -> Future[Made]:
        """Carry out a call in the context of the caller, and say when it is done."""
        done = super().submit(partial(copy_context().run, partial(call, *args, **kwargs)))
        done.add_done_callback(lambda _done: self._heard())
        return done


def access(settings: Settings, policy: Policy) -> EntraAccess:
    """Return what the Entra client needs to know, as the settings and the policy say."""
    return EntraAccess(
        tenant_id=settings.entra_tenant_id,
        client_id=settings.entra_client_id,
        credential=_own_credential(settings),
        authority=settings.entra_authority,
        graph_root=settings.graph_root,
        extra_resource_app_ids=policy.resource_app_ids,
    )


def _own_credential(settings: Settings) -> BotCredential:
    if settings.entra_client_secret is not None:
        return ClientSecret(text=settings.entra_client_secret.get_secret_value())
    if settings.entra_certificate_file is not None:
        passphrase = settings.entra_certificate_passphrase
        return Certificate(
            path=settings.entra_certificate_file,
            passphrase=passphrase.get_secret_value() if passphrase else None,
        )
    if settings.azure_federated_token_file is not None:
        return FederatedAssertion(token_file=settings.azure_federated_token_file)
    return ManagedIdentity(client_id=settings.entra_client_id)


def slack_client(
    settings: Settings, seconds: int, answered: Callable[[str, int], None], limits: Limits | None = None
) -> WebClient:
    """Return a client of Slack's Web API that waits so many seconds; `answered` hears each call's method and status.

    With `limits` it makes no call that Slack would refuse as too soon.
    """
    # No retry handlers: the library would repeat a post whose answer was lost.
    return SlackClient(
        answered=answered,
        limits=limits,
        token=settings.slack_bot_token.get_secret_value(),
        base_url=f"{settings.slack_api_url}/",
        timeout=seconds,
        retry_handlers=[],
    )


def open_id(
    settings: Settings, team: Callable[[], str], clock: Callable[[], datetime], answered: Callable[[str, int], None]
) -> OpenId | None:
    """Return what asks Slack who a viewer of the page is; None when that is not configured."""
    if settings.sign_in_client_id is None or settings.sign_in_client_secret is None:
        return None
    client = OpenIdClient(
        client_id=settings.sign_in_client_id,
        client_secret=settings.sign_in_client_secret.get_secret_value(),
        public_url=settings.public_url,
        api_url=settings.slack_api_url,
    )
    # Without the bot's token: the exchange of a code has a credential of its own, and is never repeated.
    slack = SlackClient(
        answered=answered, base_url=f"{settings.slack_api_url}/", timeout=OPENID_ANSWER_SECONDS, retry_handlers=[]
    )
    return OpenId(client, slack, team, clock)


@contextmanager
def _taken_on_purpose() -> Iterator[None]:
    """Keep Bolt's words about its arguments out of the log.

    It warns of a token besides a client or besides `authorize`, and reads SLACK_BOT_TOKEN by itself to do so. All
    three are given on purpose, and an operator who reads that a token is unused looks for a fault that is none.
    """
    logger, nothing = logging.getLogger("slack_bolt.App"), logging.Filter("nothing is called so")
    logger.addFilter(nothing)
    try:
        yield
    finally:
        logger.removeFilter(nothing)


def slack_app(
    settings: Settings,
    use_cases: UseCases,
    answered: Callable[[str, int], None],
    limits: Limits,
    heard: Callable[[], None],
) -> App:
    """Return the Bolt app with every handler registered; it verifies each request, unless Socket Mode brings them.

    `heard` is called whenever a request was heard to its end.
    """
    secret, token = settings.slack_signing_secret, settings.slack_bot_token.get_secret_value()

    def authorize(team_id: str | None) -> AuthorizeResult:
        # Bolt would ask auth.test before it lets the first listener hear, and a form must open before all else.
        return AuthorizeResult(enterprise_id=None, team_id=team_id, bot_token=token)

    client = slack_client(settings, SLACK_ANSWER_SECONDS, answered, limits)
    with _taken_on_purpose():
        app = App(
            client=client,
            authorize=authorize,
            signing_secret=secret.get_secret_value() if secret else None,
            token_verification_enabled=False,
            request_verification_enabled=settings.slack_app_token is None,
            # Bolt has five threads unless told; a slow listener must not make the next person wait.
            listener_executor=Listeners(settings.threads, heard),
            raise_error_for_unhandled_request=True,
        )

    # Bolt would give each listener a client of its own making, whose calls nobody counts.
    @app.middleware
    def count_calls(context: BoltContext, next_: Callable[[], None]) -> None:
        context["client"] = client
        next_()

    handlers.register(app, use_cases)
    return app

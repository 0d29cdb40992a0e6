"""The least that a Slack bot in Bolt can do: acknowledge. It runs in the bot's own server, with the same threads."""

import os
from typing import Any

from flask import Flask, Response, request
from slack_bolt import Ack, App
from slack_bolt.adapter.flask import SlackRequestHandler
from slack_sdk import WebClient

from bot.serving import Server
from bot.settings import Settings, load_settings


def nothing_to_build() -> Any:
    """Stand where the bot would be built; `BareServer` builds its own."""
    raise NotImplementedError


class BareServer(Server):
    """The bot's gunicorn, configured by the bot's own code, with something else in it."""

    def load(self) -> Any:
        """Return an app whose one route leads to a Bolt app whose one listener acknowledges."""
        return bare(load_settings())


def bare(settings: Settings) -> Flask:
    """Return the app."""
    secret = settings.slack_signing_secret
    token = settings.slack_bot_token.get_secret_value()
    bolt = App(
        client=WebClient(token=token, base_url=f"{settings.slack_api_url}/"),
        token=token,
        signing_secret=secret.get_secret_value() if secret else None,
    )

    @bolt.command("/register-app")
    def acknowledge(ack: Ack) -> None:
        ack()

    handler = SlackRequestHandler(bolt)
    web = Flask("bare")
    web.add_url_rule("/slack/events", "slack", lambda: handler.handle(request), methods=["POST"])
    web.add_url_rule("/healthz", "healthz", lambda: Response("ok\n"))
    return web


def main() -> None:
    """Listen where BARE_PORT says."""
    BareServer(nothing_to_build, bind=f"127.0.0.1:{os.environ['BARE_PORT']}", threads=load_settings().threads).run()


if __name__ == "__main__":
    main()

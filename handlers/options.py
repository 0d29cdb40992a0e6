"""Type-ahead over the tenant's catalogue, answered from memory."""

from typing import Any

from slack_bolt import Ack, App

from handlers import ids
from handlers.blocks.request_form import scope_options
from handlers.use_cases import UseCases


def register(app: App, use_cases: UseCases) -> None:
    """Listen to the scope menu."""

    @app.options(ids.SCOPES)
    def suggest(ack: Ack, body: dict[str, Any]) -> None:
        typed = body.get("value")
        groups = scope_options(use_cases.catalogue.search(typed if isinstance(typed, str) else ""))
        if groups:
            ack(option_groups=groups)
        else:
            ack(options=[])

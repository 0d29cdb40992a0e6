"""Everything that arrives from Slack, as a table of contents; the browser's side is handlers.web."""

from slack_bolt import App

from handlers import actions, commands, errors, options, views
from handlers.use_cases import UseCases


def register(app: App, use_cases: UseCases) -> None:
    """Let every listener hear."""
    errors.register(app)
    commands.register(app, use_cases)
    views.register(app, use_cases)
    actions.register(app, use_cases)
    options.register(app, use_cases)

"""A local Slack and a local Entra over real HTTP on loopback, and the real bot between them.

The emulators (`slack/`, `entra/`) know Slack and Graph but never the bot: they meet it over HTTP and settings.
"""

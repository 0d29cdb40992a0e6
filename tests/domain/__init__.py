"""The rules and the use cases, proved without Slack, Entra or a browser."""

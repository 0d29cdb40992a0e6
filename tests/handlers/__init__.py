"""What arrives from Slack and what is said there."""

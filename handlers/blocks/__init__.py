"""What people read in Slack: pure functions from our nouns to slack_sdk's models. No client, no store, no clock."""

"""The sandbox's page, walked in a real Chromium as a person would."""

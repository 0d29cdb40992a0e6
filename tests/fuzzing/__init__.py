"""Requests that nobody should send, in numbers: none brings a 5xx, shows a trace, or does what its sender may not."""

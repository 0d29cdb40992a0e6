"""How fast the bot is, beside what it cannot be faster than: `python -m tests.benchmarks`.

A number in milliseconds says more of the machine than of the bot, so each benchmark measures both sides in one run,
taking turns, and says how one stands to the other.
"""

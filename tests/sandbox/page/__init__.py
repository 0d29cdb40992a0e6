"""The sandbox in a browser: one page that a person takes for a small Slack, and what happens behind it.

server      `Page`: the page on loopback, and its addresses
door        who may ask: this machine's own browser with the key, and no other site
stream      what is to be seen, sent again whenever it has changed (server-sent events)
workspace   the emulated Slack as the page needs it
acts        what a person does, carried out by the person driver of tests.sandbox.slack
behind      the emulated tenant, the Graph calls, what the bot stored
database    the bot's tables, read only, without hashes and leases
controls    the clock, the bot's process, the switches for trouble
pictures    `--screenshots`: the walker takes README's pictures
walker      a person at the page, for pictures and tests

`static/` is the page itself: plain HTML, style sheets and small modules of our own, and no line from elsewhere.
"""

"""A strict local Slack: one workspace over real HTTP, and the people in it.

emulator        the Slack object: addresses, tokens, switches, people, what was said
person          what a person does (hands, modal_hands, message_hands) and sees (outcomes)
courier         signed requests to the bot (payloads), or envelopes over Socket Mode (socket, frames)
web_api         tokens, scopes, pace; chat_, view_, conversation_, people_methods; response_urls
openid          Sign in with Slack: the page that asks who one is, and its methods
content         what a message may say; block_, element_, text_, rich_text_, view_rules in the words of schema
workspace       the state (records), its ids and times (clockwork), its short-lived rights (tickets)
faults          ready-made trouble
"""

from tests.sandbox.slack.emulator import Slack
from tests.sandbox.slack.filling import CannotDo
from tests.sandbox.slack.person import Person

__all__ = ["CannotDo", "Person", "Slack"]

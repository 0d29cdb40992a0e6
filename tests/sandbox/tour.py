"""The whole story, played by made-up people before the real bot, and told on the terminal as it happens."""

import time
from datetime import timedelta
from typing import Any

import requests

from tests.sandbox.narrator import Narrator
from tests.sandbox.slack.records import Message
from tests.sandbox.stage import Stage, until

NAME = "Ward dashboard"


class Tour:
    """Ada asks, Grace approves; the secret is shown once, ends, and is rotated."""

    def __init__(self, stage: Stage, narrator: Narrator) -> None:
        self._stage = stage
        self._say = narrator
        around = stage.around
        names = {user_id: name.capitalize() for name, user_id in around.ids.items()}
        names[around.channel] = "#app-approvals"
        narrator.listen(around.slack, names)
        around.entra.journal.listeners.append(narrator.exchange)
        self._ada, self._grace = around.person("ada"), around.person("grace")

    def play(self) -> None:
        """Play every chapter."""
        self._guest()
        self._request()
        self._approval()
        self._link()
        token, secret = self._reveal()
        self._second_look(token)
        self._accepted(secret)
        self._reminder()
        self._rotation(secret)

    def until_armed(self) -> None:
        """Play as far as the press in Slack."""
        self._request()
        self._approval()
        self._press()

    def _guest(self) -> None:
        self._say.chapter("A guest tries")
        gus = self._stage.around.person("gus")
        self._say.act("Gus", "/register-app")
        gus.command("/register-app")
        view = gus.wait_for_modal("Register application")
        until(lambda: "guest" in (gus.modal or view).reads)
        self._say.expect("guest" in (gus.modal or view).reads, "Gus is told that guests cannot register applications")

    def _request(self) -> None:
        self._say.chapter("Ada asks for an application")
        ada = self._ada
        self._say.act("Ada", "/register-app")
        ada.command("/register-app")
        ada.type("display_name", NAME)
        ada.type("reply_urls", "http://ward.contoso.example/auth#callback")
        ada.type("secret_description", "production web server")
        ada.type("justification", "Nurses see the beds of their ward.")
        until(lambda: ada.suggest("scopes", "user.read"), seconds=20)
        self._choose("User.Read", "patient.read")
        outcome = ada.submit()
        self._say.act("Ada", "submits a reply URL with http and a fragment")
        self._say.expect("reply_urls" in outcome.errors, f"beside the field: {outcome.errors.get('reply_urls')}")
        ada.type("reply_urls", "https://ward.contoso.example/auth/callback")
        self._say.act("Ada", "corrects it and submits")
        self._say.expect(ada.submit().closed, "the form is accepted")
        until(self._cards)
        until(lambda: ada.dm)

    def _choose(self, *values: str) -> None:
        chosen = []
        for value in values:
            groups = self._ada.suggest("scopes", value)
            options = [option for group in groups for option in group.get("options", [group])]
            chosen.append(next(o["value"] for o in options if o["text"]["text"].startswith(f"{value} ·")))
        self._ada.choose("scopes", *chosen)

    def _cards(self) -> list[Message]:
        return [m for m in self._grace.messages(self._stage.around.channel) if not m.thread_ts]

    def _approval(self) -> None:
        self._say.chapter("Grace approves")
        card = self._cards()[-1]
        for line in card.reads.splitlines()[:12]:
            self._say.act("card", line)
        self._say.act("Grace", "presses Approve")
        self._say.expect(self._grace.click(card, "approve").status == requests.codes.ok, "the click is answered")
        until(lambda: self._link_message() is not None, seconds=20)
        again = self._grace.click(card, "approve", stale=True)
        until(lambda: again.texts)
        self._say.act("Grace", "presses Approve a second time, on a screen that has not caught up")
        self._say.expect("approved" in " ".join(again.texts), f"she is told: {' '.join(again.texts)}")
        entra = self._stage.around.entra
        made = [found for found in entra.snapshot()["applications"] if found["displayName"] == NAME]
        self._say.expect(len(made) == 1, "exactly one application exists in the tenant")
        self._say.expect(not made[0]["passwordCredentials"], "and it has no secret yet: nobody has looked")

    def _link_message(self) -> Message | None:
        return next((m for m in reversed(self._ada.dm) if "secret#" in str(m.blocks)), None)

    def _link(self) -> None:
        self._say.chapter("The one-time link")
        message = self._link_message()
        for line in message.reads.splitlines()[:9] if message else ():
            self._say.act("DM", line)

    def _post(self, path: str, token: str) -> requests.Response:
        answer = requests.post(f"{self._stage.url}/secret/{path}", json={"token": token}, timeout=30)
        self._say.page(f"POST /secret/{path} -> {answer.status_code}: {answer.json()['title']}")
        return answer

    def token(self) -> str:
        """Read the link as a thief would, without pressing the button in Slack."""
        message = self._link_message()
        return str(message.blocks).partition("secret#")[2][:43] if message else ""

    def _press(self) -> None:
        message = self._link_message()
        self._say.act("Ada", "presses “Show the secret” in Slack")
        if message is not None:
            self._ada.click(message, "open_link")

    def _reveal(self) -> tuple[str, str]:
        token = self.token()
        early = self._post("reveal", token)
        self._say.expect("secret" not in early.json(), "a link that was not opened from Slack shows nothing")
        self._press()
        ready = self._post("look", token)
        self._say.expect(
            ready.json()["state"] == "ready", "after the press in Slack the page is ready, and shows none yet"
        )
        answer = self._post("reveal", token)
        secret = answer.json().get("secret", "")
        self._say.expect(bool(secret), f"the secret is shown: {secret[:3]}{'•' * max(0, len(secret) - 3)}")
        return token, secret

    def _second_look(self, token: str) -> None:
        self._say.act("Ada", "presses again")
        answer = self._post("reveal", token)
        self._say.expect("secret" not in answer.json(), "the second attempt is refused, and told when the first was")

    def _accepted(self, secret: str) -> None:
        until(lambda: any("accepted it" in message.reads for message in self._ada.dm), seconds=20)
        self._say.expect(
            not any(secret in text for text in self._stage.around.slack.all_text()),
            "the secret's text never went through Slack",
        )

    def _reminder(self) -> None:
        self._say.chapter("Half a year later")
        self._travel(timedelta(days=121))
        until(lambda: self._reminder_message() is not None)
        reminder = self._reminder_message()
        self._say.expect(reminder is not None, f"Ada is reminded: {reminder.text if reminder else ''}")

    def _reminder_message(self) -> Message | None:
        return next((m for m in reversed(self._ada.dm) if "Rotate now" in str(m.blocks)), None)

    def _travel(self, distance: timedelta) -> None:
        self._say.act("clock", f"moves {distance.days} days forward")
        self._stage.travel(distance)

    def _rotation(self, old: str) -> None:
        self._say.chapter("Rotation")
        reminder = self._reminder_message()
        self._say.act("Ada", "presses Rotate now")
        if reminder is not None:
            self._ada.click(reminder, "rotate")
        until(lambda: self._link_message() is not None, seconds=20)
        self._press()
        new = self._post("reveal", self.token()).json().get("secret", "")
        self._say.expect(bool(new) and new != old, "a new secret is shown")
        self._say.expect(self._secrets() == 2, "both secrets are valid while she changes over")
        self._travel(timedelta(days=6, hours=1))
        until(lambda: any("is removed from Entra on" in message.reads for message in self._ada.dm), seconds=20)
        self._say.expect(self._secrets() == 2, "she is warned a day before the old one is removed")
        self._travel(timedelta(days=1))
        until(lambda: self._secrets() == 1, seconds=20)
        until(lambda: any("was removed from Entra" in message.reads for message in self._ada.dm))
        self._say.expect(self._secrets() == 1, "after the overlap the old one is removed from Entra, and she is told")

    def _secrets(self) -> int:
        applications: list[dict[str, Any]] = self._stage.around.entra.snapshot()["applications"]
        made = next(found for found in applications if found["displayName"] == NAME)
        return len(made["passwordCredentials"])


def play(stage: Stage, narrator: Narrator) -> int:
    """Play the tour; return the exit code: 0 when every step was as it should be."""
    began = time.monotonic()
    try:
        Tour(stage, narrator).play()
    except TimeoutError as error:
        narrator.expect(holds=False, what=str(error))
    narrator.chapter(f"The end, after {time.monotonic() - began:.0f} seconds")
    narrator.expect(not narrator.wrong, "every step was as it should be")
    return 1 if narrator.wrong else 0

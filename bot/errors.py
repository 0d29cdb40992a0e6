"""Everything that can go wrong, as one tree; a caller picks the level it can answer for.

RegisterAppError                  never raised itself
  SettingsFaults                  the environment does not describe a bot that can run: every fault at once
  Refusal                         a person asked for something that is not to be had; the text is for that person
    NotAllowed                    who may, and why this person may not
    AlreadySettled                somebody or something was faster; the text says what happened
    NotFound                      no such request, link or application
    FormFaults                    what was typed does not hold; one sentence per field
  AlreadyDelivered                this very request of Slack's had its effect before: its copy changes nothing
  EntraError                      Microsoft's side; carries status, code, message and request-id
    EntraUnavailable              will pass: throttled, down, unreachable, not yet replicated
      EntraUnknownYet             the object is denied as a young one is; after long, as one that was deleted
      EntraUnintelligible         the answer has another shape than Graph documents
    EntraRefused                  will not pass by waiting
      EntraSignInRefused          the bot's own credential was not accepted
      EntraMissing                the object is not there
  SlackUnavailable                Slack did not answer, or asked us to come back later
  StorageUnavailable              the database cannot be used now: gone, full, read-only or damaged
  NotCopied                       what is kept was not copied to another place; nothing was written there
  NotWritten                      what was to be written is not whole: the sentence says where, and why
"""

from collections.abc import Mapping, Sequence
from typing import Literal


class RegisterAppError(Exception):
    """Base of everything we raise on purpose. Never raised itself."""


class SettingsFaults(RegisterAppError):
    """The settings do not describe a bot that can run; `faults` holds one sentence per fault."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class Refusal(RegisterAppError):
    """A plain refusal: `str(error)` is the sentence that its reader sees, with what to do next."""


class NotAllowed(Refusal):
    """This person may not do this."""


class AlreadySettled(Refusal):
    """It was decided, used or ended before; the sentence says by whom and when, as far as known."""


class NotFound(Refusal):
    """Nothing of that name exists."""


class FormFaults(Refusal):
    """What was typed does not hold; `faults` maps a form field to the sentence shown beside it."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = dict(faults)
        super().__init__("; ".join(self.faults.values()))


class AlreadyDelivered(RegisterAppError):
    """A copy of a request that was handled already arrived; nobody waits for an answer."""


class EntraError(RegisterAppError):
    """An answer, or the lack of one, from Microsoft Graph or the token endpoint.

    `status` is the HTTP status (0 when there was no answer), `code` and `message` are Graph's own words
    (Microsoft Graph, "Error responses and resource types"), `request_id` is what Microsoft's support asks for.
    """

    def __init__(self, message: str, *, status: int = 0, code: str = "", request_id: str = "") -> None:
        self.status = status
        self.code = code
        self.message = message
        self.request_id = request_id
        super().__init__(f"{status} {code}: {message} (request-id {request_id or 'none'})")

    @property
    def facts(self) -> dict[str, str]:
        """What approvers are told of it."""
        return {"code": self.code or str(self.status), "message": self.message, "request_id": self.request_id}


class EntraUnavailable(EntraError):
    """Will pass by waiting. `effect` says whether the call may nevertheless have been carried out."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        code: str = "",
        request_id: str = "",
        effect: Literal["none", "unclear"] = "none",
        retry_after: float = 0.0,
    ) -> None:
        self.effect = effect
        self.retry_after = retry_after
        super().__init__(message, status=status, code=code, request_id=request_id)


class EntraUnknownYet(EntraUnavailable):
    """Entra does not know the application that the call refers to: not yet, or since it was deleted not any more."""


class EntraUnintelligible(EntraUnavailable):
    """An answer of another shape than Graph documents: most likely not Graph's at all, and passing, but who knows."""


class EntraRefused(EntraError):
    """Will not pass by waiting: a person has to change something."""


class EntraSignInRefused(EntraRefused):
    """Entra did not accept the bot's own credential."""


class EntraMissing(EntraRefused):
    """The object is not there (404), after the time that replication may take."""


class SlackUnavailable(RegisterAppError):
    """Slack did not answer or throttled us; `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: float = 0.0) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class StorageUnavailable(RegisterAppError):
    """The database cannot be used now; the sentence says what is wrong with it and what to do, without a password."""


class NotCopied(RegisterAppError):
    """What is kept was not copied; the sentence says why, and nothing was written to the other place."""


class NotWritten(RegisterAppError):
    """What was to be written, to a file or to the terminal, is not whole; the sentence says why and what to do."""

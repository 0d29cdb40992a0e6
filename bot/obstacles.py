"""What stands in the way of making an application, in words that say what an approver can do about it."""

from bot.drafting import unique_name
from bot.errors import EntraError, EntraRefused, EntraUnintelligible, EntraUnknownYet
from bot.graph.applications import UniqueNameTaken
from bot.model import EntraApplication

NOT_OURS = "NotOurs"
UNFORESEEN = "Unforeseen"


def stranger(found: EntraApplication, name: str) -> EntraRefused:
    """Return the refusal for somebody else's application under a uniqueName of ours."""
    return EntraRefused(
        f"Another application, {found.object_id}, has the uniqueName {name} without this request's tag."
        " Nothing was changed.",
        code=NOT_OURS,
    )


def unforeseen(error: Exception, request_id: str) -> EntraRefused:
    """Return the refusal for an error that nobody foresaw; its own text stays in the log, because it may hold much."""
    return EntraRefused(
        f"Something came back that I do not understand ({type(error).__name__})."
        f" The bot's log says more under {request_id}.",
        code=UNFORESEEN,
    )


def explained(error: EntraError, request_id: str, object_id: str) -> EntraError:
    """Return what looked for too long as if it would pass as what it is, with Graph's own words at the end."""
    if isinstance(error, EntraUnintelligible):
        return EntraRefused(f"{error.message} The bot's log says more under {request_id}.", code=UNFORESEEN)
    if isinstance(error, UniqueNameTaken):
        name = unique_name(request_id)
        words = (
            f"An application that I cannot find still holds the unique name {name}: most likely one that was"
            " deleted less than 30 days ago. Delete it permanently in Entra, under App registrations, Deleted"
            " applications; if it is not there, look for one that I may not read."
        )
    elif isinstance(error, EntraUnknownYet):
        words = (
            f"Entra does not know the application {object_id}, which I made for this request: most likely somebody"
            " deleted it. I remove what is left of it; a Retry makes a new one."
        )
    else:
        return error
    said = f"{words} Entra says: {error.message}"
    return EntraRefused(said, status=error.status, code=error.code, request_id=error.request_id)

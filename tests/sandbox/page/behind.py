"""What happens behind the workspace: the Graph calls with their status and duration; never a body of one."""

from typing import Any, Final

from tests.sandbox.surroundings import Surroundings

MOST_CALLS: Final = 200


def calls(around: Surroundings) -> list[dict[str, Any]]:
    """The latest calls to Graph and the token endpoint, the newest first; status 0 is a connection that broke."""
    exchanges = around.entra.journal.exchanges
    first = max(0, len(exchanges) - MOST_CALLS)
    return [
        {
            "number": number,
            "call": exchange.call.replace(around.entra.tenant_id, "{tenant}"),
            "status": exchange.status,
            "ms": round(exchange.milliseconds, 1),
        }
        for number, exchange in reversed([*enumerate(exchanges[first:], first + 1)])
    ]

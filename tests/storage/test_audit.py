"""The rows of the audit: what each names besides what happened."""

from typing import Any

import pytest

from bot.events import AuditEvent
from storage import Store
from tests.domain.nouns import NOW


@pytest.mark.parametrize(
    ("fields", "request_id"),
    [
        ({"application_id": "app-1"}, "REQ-00000001"),
        ({"application_id": "app-1", "link_id": "link-1"}, "REQ-00000001"),
        ({"application_id": "app-1", "request_id": "REQ-00000009"}, "REQ-00000009"),
        ({"application_id": "app-9"}, None),
        ({}, None),
    ],
)
def test_the_request_of_an_application(peopled: Store, fields: dict[str, Any], request_id: str | None) -> None:
    """A row about an application, its link or its secret names the request that it came of."""
    peopled.audit.add("row-1", AuditEvent.LINK_ARM, "UADA", now=NOW, **fields)
    row = next(peopled.audit.rows())

    assert row["request_id"] == request_id
    assert peopled.audit.verify().fault is None

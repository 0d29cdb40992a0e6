"""The audit vocabulary: `subject:what happened`. Every state change and every look at a secret is one of these."""

from enum import StrEnum


class AuditEvent(StrEnum):
    """What an audit row can say."""

    REQUEST_SUBMIT = "request:submit"
    REQUEST_CHANGE = "request:change"
    REQUEST_AGREE = "request:agree"
    REQUEST_APPROVE = "request:approve"
    REQUEST_DENY = "request:deny"
    REQUEST_WITHDRAW = "request:withdraw"
    REQUEST_LAPSE = "request:lapse"
    REQUEST_CLAIM = "request:claim"
    REQUEST_FULFIL = "request:fulfil"
    REQUEST_FAIL = "request:fail"
    REQUEST_RETRY = "request:retry"
    APPLICATION_CREATE = "application:create"
    APPLICATION_ADOPT = "application:adopt"
    APPLICATION_UNWANTED = "application:unwanted"
    APPLICATION_REMOVE = "application:remove"
    LINK_ISSUE = "link:issue"
    LINK_ARM = "link:arm"
    LINK_TURN_AWAY = "link:turn_away"
    LINK_CLAIM = "link:claim"
    LINK_GIVE_BACK = "link:give_back"
    LINK_EXPIRE = "link:expire"
    LINK_REPLACE = "link:replace"
    SECRET_VIEW = "secret:view"  # noqa: S105 - an event's name, not a password
    SECRET_SEEN = "secret:seen"  # noqa: S105 - an event's name, not a password
    SECRET_ACCEPTED = "secret:accepted"  # noqa: S105 - an event's name, not a password
    SECRET_NOT_PROVEN = "secret:not_proven"  # noqa: S105 - an event's name, not a password
    SECRET_DISOWN = "secret:disown"  # noqa: S105 - an event's name, not a password
    SECRET_RESTORE = "secret:restore"  # noqa: S105 - an event's name, not a password
    SECRET_SUPERSEDE = "secret:supersede"  # noqa: S105 - an event's name, not a password
    SECRET_REMOVE = "secret:remove"  # noqa: S105 - an event's name, not a password
    SECRET_ORPHAN_REMOVE = "secret:orphan_remove"  # noqa: S105 - an event's name, not a password
    REMINDER_SEND = "reminder:send"
    REMINDER_SNOOZE = "reminder:snooze"
    MESSAGE_UNDELIVERED = "message:undelivered"
    AUDIT_CUT = "audit:cut"
    RETENTION = "retention:remove"
    MESSAGE_MAYBE_TWICE = "message:maybe_twice"

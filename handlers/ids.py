"""Every callback, action and block id that goes to Slack and comes back."""

COMMAND = "/register-app"

REQUEST_FORM = "request_form"
CHANGE_FORM = "change_form"
DENY_FORM = "deny_form"

# The blocks of the request form are named like the fields of bot.submission.RawForm.
SCOPES = "scopes"
FORM_VALUE = "value"

APPROVE = "approve"
DENY = "deny"
RETRY = "retry"
WITHDRAW = "withdraw"
CHANGE = "change"
OPEN_LINK = "open_link"
RENEW_LINK = "renew_link"
NOT_SEEN = "not_seen"
TAKE_LINK = "take_link"
ROTATE = "rotate"
ROTATE_APPLICATION = "rotate_application"
SNOOZE = "snooze"

REASON = "reason"

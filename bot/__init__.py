"""Register App: confidential client applications for Microsoft Entra ID, asked for and signed off in Slack.

    bot.app connections rounds doors worker serving hearing listening arrival    composition root
        __main__ terminal audit_commands storage_commands applications_command manifest    command line
        checks database_check sign_in_check
    handlers                                                                 what arrives or is said: Slack, browser
    bot.approvals waiting provisioning making drafting leftovers obstacles   use cases: from request to application
        links desk minting orphans proof reminders rotation removal               use cases: from link to last secret
        retention clock pulse metrics                                        what is kept, when, and monitoring
    storage | bot.graph                                                      what persists | what calls Microsoft
    bot.model records lifecycle life policy submission reply_urls            small values only
        reply_hosts risk setbacks errors events notices settings log identifiers origin

A module imports only from its own floor and those below it, never in a circle; `storage` and `bot.graph` do not know
each other.
"""

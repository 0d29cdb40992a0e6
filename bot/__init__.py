"""Register App: confidential client applications for Microsoft Entra ID, asked for and signed off in Slack.

    bot.app rounds serving checks manifest __main__                          composition root, command line
    handlers                                                                 what arrives or is said: Slack, browser
    bot.approvals provisioning links minting proof reminders rotation clock  use cases
    storage | bot.graph                                                      what persists | what calls Microsoft
    bot.model records lifecycle policy submission reply_urls reply_hosts     small values only
        risk errors events notices settings log identifiers

A module imports only from floors below its own; `storage` and `bot.graph` do not know each other.
"""

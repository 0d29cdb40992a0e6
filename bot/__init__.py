"""Register App: confidential client applications for Microsoft Entra ID, asked for and signed off in Slack.

    bot.app, bot.__main__                               composition root, command line
    handlers                                            everything that arrives or is said: Slack, browser
    bot.approvals provisioning links reminders rotation clock     use cases
    storage | bot.graph                                 what persists | what calls Microsoft
    bot.model lifecycle policy reply_urls risk errors events notices settings log     small values only

A module imports only from floors below its own; `storage` and `bot.graph` do not know each other.
"""

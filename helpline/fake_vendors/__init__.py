"""Twilio, Telegram, Messenger and Slack as one small server, for tests, `make demo-channels` and previews.

It takes what the assistant sends, within the limits that the vendors document and with their errors beyond, keeps it in
an outbox, and posts what people write with the vendors' signatures. Trouble can be asked for: see `faults`.
"""

"""Channels: how messages come in and replies go out; each passes the guard."""

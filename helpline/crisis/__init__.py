"""Hearing danger in a message: pure functions and reviewed data, without Rasa."""

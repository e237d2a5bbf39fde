"""Rasa graph components: they turn a message into vectors, an intent and the topics to answer."""

"""Custom actions, run by the action server; one feature per file. rasa_sdk finds every Action class in here."""

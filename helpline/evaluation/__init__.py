"""Measurements: quality on frozen test sets, and speed beside Rasa's default project."""

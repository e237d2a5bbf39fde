"""Where conversations are kept: a Rasa tracker store with redaction, retention and deletion."""

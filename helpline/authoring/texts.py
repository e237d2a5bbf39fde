"""Messages as the files keep them: one line, redacted, without what Rasa would read as markup. Pure functions."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from helpline.authoring.errors import RefusedError
from helpline.storage.redaction import redact

# Longer ones are whole letters, which teach a topic model little and may tell whose they are.
LONGEST = 600
# "[word](entity)", "[word]{...}" and "[word][...]" mark entities in Rasa's files; we have none.
_MARKUP = re.compile(r"\](?=[(\[{])")
# Holds emoji together; all other characters that cannot be seen are taken out.
_JOINER = "\u200d"


def tidy(text: str) -> str:
    """Return a message as a line of a training file.

    Raises:
        RefusedError: if nothing is left of it, or it is longer than `LONGEST` characters.
    """
    text = "".join(_visible(character) for character in unicodedata.normalize("NFC", text))
    text = _MARKUP.sub("] ", redact(" ".join(text.split())))
    # A dash in front is the list's own.
    text = re.sub(r"^[-\s]+", "", text).strip()
    if not bare(text):
        raise RefusedError("There are no words in this message.")
    if len(text) > LONGEST:
        raise RefusedError(f"This message has {len(text)} characters. Shorten it to {LONGEST}: keep what was asked.")
    return text


def bare(text: str) -> str:
    """Return a message in lower case without punctuation: two with the same words are one message."""
    return " ".join(re.sub(r"[^\w\s]|_", "", text.lower()).split())


def mark(text: str) -> str:
    """Return what a message is remembered by where its words are not kept: SHA-256 of its bare words."""
    return hashlib.sha256(bare(text).encode()).hexdigest()


def name_of(title: str) -> str:
    """Return a title as a name for files and labels: ``Waiting lists`` is ``waiting_lists``.

    Raises:
        RefusedError: if it holds no letters that such a name can have.
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    if not re.fullmatch(r"[a-z][a-z0-9_]{2,39}", name):
        raise RefusedError("Give a title of 3 to 40 letters, such as “Waiting lists”.")
    return name


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    return character if character == _JOINER or not unicodedata.category(character).startswith("C") else ""

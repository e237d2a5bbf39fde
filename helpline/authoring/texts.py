"""Messages as the files keep them: one line, redacted, without what Rasa would read as markup. Pure functions."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from helpline.authoring.errors import RefusedError
from helpline.storage.redaction import redact

# Longer ones are whole letters, which teach a topic model little and may tell whose they are.
LONGEST = 600
# What staff write for the history: a reason, and the title of a topic or a story.
LONGEST_REASON, LONGEST_TITLE = 300, 60
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


def marks(text: str) -> set[str]:
    """Return by what a message may be remembered: as it was written, and as it is stored."""
    redacted = redact(text)
    shown = (text, redacted, "".join(map(_visible, unicodedata.normalize("NFC", redacted))))
    return {mark(words) for words in shown if bare(words)}


def reason_of(text: str) -> str:
    """Return why a change is made, as the history and the audit log keep it: one line, redacted.

    Raises:
        RefusedError: if it says nothing, or is longer than `LONGEST_REASON` characters.
    """
    text = redact(" ".join(text.split()))
    if len(text) < 3:
        raise RefusedError("Say in a few words why: others read it in the history.")
    if len(text) > LONGEST_REASON:
        raise RefusedError(f"The reason has {len(text)} characters. Say it in {LONGEST_REASON}.")
    return text


def title_of(text: str) -> str:
    """Return the title of a wanted topic or of a story: one line, redacted.

    Raises:
        RefusedError: if it is longer than `LONGEST_TITLE` characters.
    """
    text = redact(" ".join(text.split()))
    if len(text) > LONGEST_TITLE:
        raise RefusedError(f"This title has {len(text)} characters. Shorten it to {LONGEST_TITLE}.")
    return text


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

"""Passwords: which ones are taken, and how they are kept (argon2id)."""

from __future__ import annotations

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
LONGEST = 200
_FEWEST_DIFFERENT = 5
# Long enough, and yet the first that somebody else would try.
_COMMON = ("password", "helpline", "123456", "qwerty", "letmein", "welcome", "iloveyou", "changeme", "admin")
# What common words must be lengthened by.
_REST = 8

# RFC 9106's second choice: 64 MB for each try, three times over.
hasher = PasswordHasher()
# Compared with where there is no such account, so that both take the same time.
_NOBODY = ""


def fault(password: str, name: str) -> str:
    """Return what is wrong with a new password of the account `name`, in words for its owner; "" if nothing is."""
    if len(password) < SHORTEST:
        return f"Use {SHORTEST} characters or more. Three or four words you can remember work well."
    if len(password) > LONGEST:
        return f"Use {LONGEST} characters or less."
    lowered = password.lower()
    if len(set(lowered)) < _FEWEST_DIFFERENT:
        return "Use more different characters."
    if name and name in lowered:
        return "Leave your name out of it."
    for word in _COMMON:
        if word in lowered and len(lowered.replace(word, "")) < _REST:
            return f"“{word}” is one of the first tries of a thief. Choose something else."
    return ""


def hashed(password: str) -> str:
    """Return what is stored in place of a password."""
    return hasher.hash(_normal(password))


def fits(stored: str, password: str) -> bool:
    """Tell whether a password is the stored one; takes as long where nothing is stored (`stored` is "")."""
    global _NOBODY
    if not stored and not _NOBODY:
        _NOBODY = hashed("nobody's")
    try:
        return hasher.verify(stored or _NOBODY, _normal(password[: LONGEST + 1])) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Tell whether a stored hash was made with weaker settings than now."""
    return hasher.check_needs_rehash(stored)


def _normal(password: str) -> str:
    """Return a password as it is hashed: keyboards of different systems make the same "é" of different characters."""
    return unicodedata.normalize("NFKC", password)

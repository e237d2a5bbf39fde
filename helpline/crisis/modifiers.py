"""What else a message in crisis says about a person that asks for one more line: veteran, pregnant ... Pure functions.

A line that does not fit does harm ("tell a grown-up" to a man of 40), so the patterns ask for plain words. The kinds
follow the practice of crisis services; they add to a reply and never replace its numbers.
"""

from __future__ import annotations

import re

_OVERDOSE = ("overdose_self", "overdose_other")
_I_AM = r"\bi(?:'m| am|m) (?:a |an |only |just |like |also )?"
_VETERAN = (
    r"(?:(?:combat|army|navy|marine|vietnam|iraq|gulf war|disabled|war) )?(?:veteran|vet)\b(?! (?:teacher|nurse|tech))"
)
# An age stands alone: not "14 years sober", "12 beers in", "10 mins from".
_AGE = r"(?:9|1[0-7])(?: ?(?:yo|y/o|yrs? old|years? old))?(?=\s*(?:$|[.,;!?)]|and\b|but\b|so\b|m\b|f\b))"
_FEAR = (
    r"(?:scared|afraid|worried|nervous|do(?:n't|nt| not) want|can(?:'t|t|not)|wo(?:n't|nt)|without|no|miedo|"
    r"no quier\w+)"
)
_LAW = (
    r"(?:cops?|police|warrants?|probation|parole|arrest(?:ed)?|jail|immigration|in trouble|locked up|charges|"
    r"polic[ií]a|c[aá]rcel|migra)"
)
# Name, what says so, the categories that it matters for (None: all), and whether only the writer's own words count.
_MODIFIERS: tuple[tuple[str, str, tuple[str, ...] | None, bool], ...] = (
    (
        "veteran",
        rf"{_I_AM}{_VETERAN}|"
        rf"\b(?:my|our) (?:husband|wife|son|daughter|brother|sister|dad|mom|father|partner) is an? {_VETERAN}|"
        rf"\b(?:combat|army|navy|marine|vietnam|iraq|gulf war|disabled) (?:veteran|vet)\b|\bactive duty\b|"
        r"\b(?:i was|was i|got back from|since my) deploy(?:ed|ment)\b|\bmy (?:platoon|deployment)\b|"
        r"\bva (?:doctor|hospital|clinic|therapist|appointment)\b|\bsoy veteran[oa]\b",
        None,
        False,
    ),
    (
        "deaf",
        rf"{_I_AM}(?:deaf|hard of hearing|hoh)\b|\basl user\b|\b(?:soy|es) sord[oa]\b",
        None,
        False,
    ),
    (
        "pregnant",
        r"(?<!not )\b(?:i'm|im|i am|she's|shes|she is|wife is|girlfriend is|daughter is|sister is|and|estoy|está) "
        r"(?:pregnant|embarazada)\b|\b\d+ (?:weeks|months) (?:pregnant|along)\b|\bpost ?partum\b|\bmy newborn\b|"
        r"\bjust (?:had|gave birth to) (?:a|the|my|our) baby\b|\bposparto\b",
        None,
        False,
    ),
    (
        "minor",
        rf"\bi(?:'m| am|m) (?:only |just |like )?{_AGE}|\bi(?:'m| am|m) in (?:the )?(?:[6-9]|1[0-2])th grade\b|"
        r"\bi(?:'m| am|m) in middle school\b|\bmy foster (?:mom|dad|parents)\b|\btengo (?:9|1[0-7]) a[nñ]os\b",
        None,
        True,
    ),
    ("law", rf"\b{_FEAR}\b[^.!?]{{0,40}}\b{_LAW}\b", _OVERDOSE, False),
    (
        "elder",
        r"\b(?:my|our) (?:elderly )?(?:grand(?:ma|pa|mother|father)|granny|nana|aunt|uncle|mother|father|mom|dad)'?s? "
        r"(?:aide|caregiver|nurse|helper|pension|checks?|social security)\b|\bnursing home\b|\bmy (?:aide|caregiver)\b|"
        rf"{_I_AM}[6-9]\d(?: ?(?:yo|y/o|yrs? old|years? old))?(?=\s*(?:$|[.,;!?)]|and\b))|"
        r"\bmi (?:abuel[oa])\b[^.!?]{0,40}\b(?:pensi[oó]n|cheque|cuidador[a]?)\b",
        ("exploitation",),
        False,
    ),
)
_COMPILED = tuple(
    (name, re.compile(pattern, re.IGNORECASE), categories, own) for name, pattern, categories, own in _MODIFIERS
)
NAMES = tuple(name for name, *_ in _MODIFIERS)


def modifiers_of(text: str, category: str, subject: str) -> tuple[str, ...]:
    """Return the names of the modifiers that a message names, in the order of `NAMES`.

    Args:
        text: the message as it was written.
        category, subject: what was heard in it.
    """
    text = text.replace("\u2019", "'")
    return tuple(
        name
        for name, pattern, categories, own in _COMPILED
        if (categories is None or category in categories) and not (own and subject == "other") and pattern.search(text)
    )

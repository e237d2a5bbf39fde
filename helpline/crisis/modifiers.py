"""What else a message in crisis says about a person that asks for one more line: veteran, pregnant ... Pure functions.

Source: research on crisis services (modifiers add to the reply and never replace its numbers).
"""

from __future__ import annotations

import re

_OVERDOSE = ("overdose_self", "overdose_other")
# Name, what says so, the categories that it matters for (None: all), and whether only the writer's own words count.
_MODIFIERS: tuple[tuple[str, str, tuple[str, ...] | None, bool], ...] = (
    (
        "veteran",
        r"veterans?|(?:combat|army|navy|marine|vietnam|iraq|gulf war|disabled|a|ex) vet|(?:in|left|from) the (?:army|"
        r"navy|marines|air force|national guard|coast guard|military|service)|active duty|deployed|deployments?|"
        r"fallujah|kandahar|my platoon|va (?:doctor|hospital|clinic|therapist|appointment)|veteran[oa]s?|"
        r"del ej[eé]rcito",
        None,
        False,
    ),
    (
        "deaf",
        r"i(?:'m| am|m) (?:deaf|hard of hearing|hoh)|(?:deaf|hard of hearing) (?:person|man|woman|since|and)|asl user|"
        r"(?:soy|es) sord[oa]",
        None,
        False,
    ),
    (
        "pregnant",
        r"pregnant|\d+ weeks? along|(?:first|second|third|1st|2nd|3rd) trimester|post ?partum|newborn|"
        r"(?:just|recently) (?:had|gave birth to) (?:a|the|my|our) baby|embarazada|reci[eé]n nacid[oa]|posparto",
        None,
        False,
    ),
    (
        "minor",
        r"i(?:'m| am|m) (?:only |just |like )?(?:9|1[0-7])(?: ?(?:yo|y/o|years? old))?(?= |[.,;!?]|$)"
        r"(?! (?:years? (?:sober|clean|in)|years? into|weeks?|months?|days?|hours?|minutes?|miles?|feet|beers?|drinks?|"
        r"pounds?|percent))|(?:[6-9]|1[0-2])th grade(?:r)?|middle school(?:er)?|my (?:homeroom|foster mom|foster dad)|"
        r"tengo (?:9|1[0-7]) años",
        None,
        True,
    ),
    (
        "law",
        r"probation|parole|warrants?|cops|police|arrested|get (?:in trouble|locked up)|jail|immigration|undocumented|"
        r"polic[ií]a|c[aá]rcel|migra|indocumentad[oa]",
        _OVERDOSE,
        False,
    ),
    (
        "elder",
        r"grand(?:ma|pa|mother|father|dad|mom|parents?)|gran(?:ny|dma|dpa)|nana|elderly|nursing home|home aide|"
        r"my aide|caregiver|i(?:'m| am|m) (?:[678]\d|9\d)|abuel[oa]s?|anciano|anciana",
        ("exploitation",),
        False,
    ),
)
_COMPILED = tuple(
    (name, re.compile(rf"(?<![\w'])(?:{pattern})(?!\w)", re.IGNORECASE), categories, own)
    for name, pattern, categories, own in _MODIFIERS
)
NAMES = tuple(name for name, *_ in _MODIFIERS)


def modifiers_of(text: str, category: str, subject: str) -> tuple[str, ...]:
    """Return the names of the modifiers that a message names, in the order of `NAMES`.

    Args:
        text: the message as it was written.
        category, subject: what was heard in it.
    """
    return tuple(
        name
        for name, pattern, categories, own in _COMPILED
        if (categories is None or category in categories) and not (own and subject == "other") and pattern.search(text)
    )

"""When danger that the score hears in the check is a mere answer to its question, and when it stays danger. Pure."""

from __future__ import annotations

import re

from helpline.crisis.follow_up import family
from helpline.crisis.taxonomy import Detection, Tier
from helpline.fit_check.state import State
from helpline.fit_check.understanding import is_whole, understand

# Where a single word of an answer ("cancer", "seven") sounds like an emergency; elsewhere one of suicide stays one.
_T3_ANSWERS = ("age", "health")
# What tells that a withdrawal may be under way, and what tells that it is over.
_HAPPENING = re.compile(
    r"stop|quit|ran out|run out|shak|sweat|vomit|throw|seiz|help"
    r"|today|yesterday|\bnow\b|tonight|since|hour|minute|morning"
)
_LONG_AGO = re.compile(
    r"\b(last (time|month|year|spring|summer|fall|winter)|(weeks|months?|years?) ago|in (19|20)\d\d|in the past)\b"
)
# Words of answers that tell of danger together: something in a drink, somebody who is to be feared when they come ...
_TOGETHER = re.compile(
    r"\bin (my|his|her|our|the) (coke|drink|food|cup|weed|joint|stuff|line|bag|dope)\b"
    r"|\b(until|till|when|if|once) .*\b(drinks?|drunk|drinking|mad|angry|comes?|home|high)\b.*\b(no|not|n't)\b"
    r"|\b(hits?|beats?|hurts?|touch(es)?|forces?|forced) (me|him|her|us|them|my)\b|\bno (use|good) to (any|every)"
)


def merely_answers(state: State, text: str, heard: Detection) -> bool:
    """Tell whether what the score takes for danger is a mere answer to the question that waits.

    The score has learned from whole messages; one in eight short answers ("living in my car", "every night, vodka")
    frightens it. Only a message that is an answer from its first word to its last, clear or not, is taken for one.
    What a rule hears in plain words, and what is said of danger itself, stay danger.
    """
    question = state.current or ""
    if heard.hits or question in ("", "safety"):
        return False
    if heard.tier is Tier.T3 and question not in _T3_ANSWERS and family(heard.category) == "suicide":
        return False
    lately = _HAPPENING.search(text.lower()) and not _LONG_AGO.search(text.lower())
    if (question in ("daily_use", "withdrawal_history") and lately) or _TOGETHER.search(text.lower()):
        return False
    said = understand(text, question, state.answers.get("who"))
    answered = said.unclear or said.answers.get(question, "now") != "now"
    return answered and "safety" not in said.answers and is_whole(text, question)

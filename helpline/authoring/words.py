"""What an answer may say: length, reading level, banned words, known numbers only. Pure functions.

The tests of the whole project (tests/project/) hold every response to the same.
"""

from __future__ import annotations

import re
from typing import Iterable

MOST_WORDS = 90
MOST_SUGGESTIONS = 3
# School grades by Flesch and Kincaid: what we aim at, and what is too hard for people in distress.
GOOD_GRADE, HIGHEST_GRADE = 8.0, 10.0

EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d\u20e3]")
# Years, dates, thousands ("10,000"), versions and names of hashes and signatures are no phone numbers.
PLAIN_NUMBER = re.compile(
    r"\b(?:(?:19|20)\d\d(?:-\d\d-\d\d)?|\d{1,3}(?:,\d{3})+|v\d+\.\d+|(?:sha|SHA|Signature)-?\d{3})\b"
)
# Three or more digits in a row or with separators between ("555-1234", "1 800 555"), or letters in place of digits.
PHONE_LIKE = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){2,}|\b\d{3}-[A-Z]{4,}\b")
_ADDRESS = re.compile(r"https?://|www\.|\b[\w-]+\.(?:com|org|net|gov|edu|info)\b|@", re.IGNORECASE)

# Words that are never ours, whatever the context: they label people, promise, diagnose or silence.
BANNED_WORDS = ["addict", "addicts", "abuser", "abusers", "alcoholic", "alcoholics", "junkie", "clean", "dirty"]
BANNED_PHRASES = [
    "i understand exactly",
    "i know how you feel",
    "everything will be fine",
    "so much to live for",
    "don't worry",
    "do not worry",
    "calm down",
    "others have it worse",
    "committed suicide",
    "commit suicide",
    "failed attempt",
    "promise me",
    "not thinking of suicide",
    "you have depression",
    "you have alcohol use disorder",
    "you have an alcohol use disorder",
    "you have an addiction",
    "you don't need help",
    "i'm here for you always",
    "always here for you",
    "only i understand",
    "help is on the way",
    "i've alerted",
    "hipaa",
    "100% confidential",
    "100 % confidential",
    "completely confidential",
    "this chat is confidential",
    "can't talk about that",
    "stop using today",
    "will cure",
    "cures",
    "guarantee",
    "guarantees",
    "guaranteed",
    "is right for you",
    "as a therapist",
    "as a nurse",
    "as a doctor",
    "as your therapist",
]


def grade(text: str) -> float:
    """Return the Flesch-Kincaid grade; a number counts as one short word, as people see it and don't spell it out."""
    text = re.sub(r"1-800-662-HELP \(4357\)|[\d-]*\d[\d/-]*", "ten", text)
    text = re.sub(r"webPOISONCONTROL|findahelpline\.com|Childhelp|IOPs?", "ten", text)
    words = re.findall(r"[A-Za-z']+", text)
    if not words:
        return 0.0
    return 0.39 * len(words) / len(sentences(text)) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def sentences(text: str) -> list[str]:
    """Return the sentences of a text."""
    return [sentence for sentence in re.split(r"(?<=[.?:])\s+", text) if sentence]


def syllables(word: str) -> int:
    """Return about how many syllables an English word has."""
    word = re.sub(r"(?:[^laeiouy]|ed|[^laeiouy]e)(?<=e|d|s)$", "", word.lower()) if len(word) > 3 else word.lower()
    return max(1, len(re.findall(r"[aeiouy]+", word)))


def banned_in(text: str) -> list[str]:
    """Return the words and phrases in a text that the assistant never says."""
    text = text.replace("\u2019", "'")
    return [
        banned
        for banned in (*BANNED_WORDS, *BANNED_PHRASES)
        if re.search(rf"(?<![\w-]){re.escape(banned)}(?![\w-])", text, re.IGNORECASE)
    ]


def unknown_numbers(text: str, known: Iterable[str]) -> list[str]:
    """Return what looks like a phone number in `text` once the known ones are taken out."""
    for shown in sorted(known, key=len, reverse=True):
        text = re.sub(rf"(?<![\w-]){re.escape(shown)}(?![\w-])", " ", text)
    return PHONE_LIKE.findall(PLAIN_NUMBER.sub(" ", text))


def invented(text: str, known: Iterable[str], sources: Iterable[str]) -> list[str]:
    """Return figures, prices and addresses that neither the known numbers nor the document hold.

    Args:
        text: an answer.
        known: every way in which a known phone number may be shown.
        sources: what may be said: facts of the document, the answer as it was.
    """
    allowed = " ".join(sources)
    found = [match[0] for match in _ADDRESS.finditer(text) if match[0].lower() not in allowed.lower()]
    for shown in sorted(known, key=len, reverse=True):
        text = re.sub(rf"(?<![\w-]){re.escape(shown)}(?![\w-])", " ", text)
    figures = re.findall(r"[$€£]\s?\d[\d,.]*|\d[\d,./:-]*\s?%?", text)
    permitted = set(re.findall(r"\d+", allowed))
    return found + [figure.strip(" .,:-") for figure in figures if not set(re.findall(r"\d+", figure)) <= permitted]


def faults(text: str, known: Iterable[str], *, most_words: int = MOST_WORDS) -> list[str]:
    """Return what is wrong with words that people will read, each with what to do.

    Args:
        text: an answer, a title or a question.
        known: every way in which a known phone number may be shown.
        most_words: how long it may be.
    """
    lines = []
    count = len(text.split())
    if not count:
        lines.append("It is empty.")
    if count > most_words:
        lines.append(f"It has {count} words; {most_words} are the most. Keep what people ask for most.")
    if "!" in text:
        lines.append("Exclamation marks are never used: end the sentence with a full stop.")
    if EMOJI.search(text):
        lines.append("Emoji are not used: people may read it in a bad hour, or have it read out.")
    lines += [f"“{words}” is never said: it labels, promises or diagnoses." for words in banned_in(text)]
    lines += [
        f"{number} is not in the list of checked numbers (data/numbers.yml)." for number in unknown_numbers(text, known)
    ]
    return lines

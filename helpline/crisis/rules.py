"""Danger in explicit wording, found by the reviewed rules of `lexicon.yml`."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate, islice
from pathlib import Path
from typing import Any, Iterable, Mapping

from helpline.crisis.normalise import END, QUESTION, WORDS, Token, normalise
from helpline.crisis.phrases import Phrase, parse
from helpline.crisis.taxonomy import CRISIS_CATEGORIES, SUPPORT_CATEGORIES, RuleHit, Tier
from helpline.files import read_yaml

FILE = Path(__file__).parent / "lexicon.yml"

_ORDER = {category: place for place, category in enumerate((*CRISIS_CATEGORIES, *SUPPORT_CATEGORIES))}
KINDS = ("PARTNER", "PARENT", "CHILD", "PERSON")
_FIRST_PERSON = frozenset(WORDS["first_person"].split())
_KNOWN = frozenset(f"{WORDS['first_person']} {WORDS['he_or_she']} {WORDS['elliptic']}".split())
_OTHER = frozenset(f"{WORDS['he_or_she']} {WORDS['others']}".split()).union(KINDS)
_ARTICLES = frozenset(WORDS["articles"].split())
_DONE_TO = ("me", "us", "nos")
_ENGLISH = frozenset(WORDS["english"].split())
_SPANISH = frozenset(WORDS["spanish"].split())
# What it is when the sign of a rule for others is the writer's own: "my lips are blue".
_OF_SELF = {"overdose_other": "overdose_self"}
_AGES = ("year", "years", "month", "months")
_ASIDE = re.compile(r"[,;:\u2013\u2014]|\s-+\s")
# An apostrophe for letters left out opens no quotation: "'cause i live at my parents' house".
_QUOTATION = re.compile(
    r"[\"\u201c\u201d][^\"\u201c\u201d\n]{1,200}[\"\u201c\u201d]"
    r"|(?<!\w)['\u2018](?!(?i:cause|cuz|coz|bout|til|till|em|round|n|fore|nother|stead|sup|tis)\b)(?=\w)"
    r"[^\n]{1,200}?['\u2019](?!\w)"
)
# Of the places where a phrase stands in a message so many are looked at; people do not repeat themselves that often.
_MOST_SPANS = 50
_NEVER_AGAIN = re.compile(r"\b(?:never|nunca|jamas) again ")


@dataclass(frozen=True)
class Rule:
    """A rule of the lexicon; `lexicon.yml` explains its fields."""

    id: str
    category: str
    tier: Tier
    subject: str
    language: str
    phrases: tuple[Phrase, ...]
    unless: frozenset[str]
    past: str
    matches: tuple[str, ...]
    ignores: tuple[str, ...]


@dataclass(frozen=True)
class Span:
    """A phrase found in a reading: its words from `begin` up to `end`."""

    begin: int
    end: int


class Reading:
    """A message made ready for phrases: words spelled out, mentions of people folded into their kind.

    Attributes:
        laughs: whether there was a laugh.
    """

    def __init__(self, text: str, people: People) -> None:
        """Spell out `text` and fold its mentions of `people`."""
        normalised = normalise(text)
        self.laughs = normalised.laughs
        self.original = text
        self.tokens = people.fold(normalised.tokens)
        texts = [token.text for token in self.tokens]
        self.line = " ".join([*texts, ""])
        self.words = frozenset(texts)
        self._begins = list(accumulate((len(text) + 1 for text in texts), initial=0))[:-1]

    def find(self, phrase: Phrase) -> Iterable[Span]:
        """Yield where `phrase` stands."""
        for found in phrase.compiled.finditer(self.line):
            if found.end() > found.start():
                yield Span(bisect_right(self._begins, found.start()) - 1, bisect_right(self._begins, found.end() - 1))

    def before(self, index: int) -> str:
        """Return the words of the same sentence before token `index`, those behind a comma only."""
        begin = index
        while begin > 0 and self.tokens[begin - 1].text not in (END, QUESTION):
            begin -= 1
            gap = (
                self.original[self.tokens[begin].end : self.tokens[begin + 1].begin]
                if begin + 1 < len(self.tokens)
                else ""
            )
            if _ASIDE.search(gap):
                begin += 1
                break
        return "".join(token.text + " " for token in self.tokens[begin:index])

    def is_quoted(self, span: Span) -> bool:
        """Tell whether `span` ends in a quotation; it may begin before it."""
        end = self.tokens[span.end - 1].end
        return any(begin < end <= close for begin, close in self._quotations)

    @cached_property
    def _quotations(self) -> tuple[tuple[int, int], ...]:
        return tuple(found.span() for found in _QUOTATION.finditer(self.original))

    def sentence(self, span: Span) -> str:
        """Return the words of the sentence around `span`."""
        begin, end = span.begin, span.end
        while begin > 0 and self.tokens[begin - 1].text not in (END, QUESTION):
            begin -= 1
        while end < len(self.tokens) and self.tokens[end].text not in (END, QUESTION):
            end += 1
        return "".join(token.text + " " for token in self.tokens[begin:end])

    def after(self, index: int) -> str:
        """Return the words from token `index` on, over sentence ends."""
        return "".join(token.text + " " for token in self.tokens[index:])


class People:
    """Folds mentions of people ("my older brother", "mom") into what they are to the writer.

    The kinds are ``PARTNER``, ``PARENT`` (any elder of the family), ``CHILD`` and ``PERSON``.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        """Take the words from the part `people` of the lexicon."""
        self._kinds = {noun: kind for kind, nouns in data["kinds"].items() for noun in nouns.split()}
        self._determiners = frozenset(data["determiners"].split())
        self._qualities = frozenset(data["qualities"].split())
        self._determined = frozenset(data["only_with_determiner"].split())
        # What no mention begins with need not be looked at.
        self._beginnings = self._determiners.union(self._qualities, self._kinds)

    def fold(self, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
        """Return the tokens with each mention of a person as one token."""
        folded: list[Token] = []
        at = 0
        while at < len(tokens):
            end, kind = self._mention(tokens, at) if tokens[at].text in self._beginnings else (at, "")
            if kind:
                folded.append(Token(kind, tokens[at].begin, tokens[end - 1].end))
                at = end
            else:
                folded.append(tokens[at])
                at += 1
        return tuple(folded)

    def _mention(self, tokens: tuple[Token, ...], at: int) -> tuple[int, str]:
        """Return end and kind of the mention that begins at `at`; the kind is "" if there is none."""
        noun = at
        determined = tokens[at].text in self._determiners
        noun += determined
        while noun < len(tokens) and noun - at < 4 and tokens[noun].text in self._qualities:
            noun += 1
        age = [token.text for token in tokens[noun : noun + 3]]
        if determined and len(age) == 3 and age[0].isdigit() and age[1] in _AGES and age[2] == "old":
            end = noun + 3
            while end < len(tokens) and tokens[end].text in self._kinds:
                end += 1
            return end, "CHILD" if (len(age[0]) < 3 and int(age[0]) < 18) or age[1].startswith("month") else "PERSON"
        kind = self._kind(tokens, noun)
        # "my teen" alone is a person, a quality before one ("my teen daughter"), and "as a teen" a time of life
        if not kind and noun > at + 1 and tokens[at].text != "a":
            noun -= 1
            kind = self._kind(tokens, noun)
        if not kind or (not determined and tokens[noun].text in self._determined):
            return at, ""
        end = noun + 1
        # "my sister's boyfriend", spelled out as "my sister is boyfriend"
        while end + 1 < len(tokens) and tokens[end].text == "is" and tokens[end + 1].text in self._kinds:
            kind = "PERSON"
            end += 2
        return end, kind

    def _kind(self, tokens: tuple[Token, ...], at: int) -> str:
        """Return the kind that the word at `at` names; "" if it names none or is not there."""
        return self._kinds.get(tokens[at].text, "") if at < len(tokens) else ""


class Rules:
    """The lexicon, ready to match."""

    def __init__(self, file: Path = FILE) -> None:
        """Read the lexicon from `file`; takes a second."""
        data = read_yaml(file)
        self._lists: dict[str, str] = data["lists"]
        self._people = People(data["people"])
        self._contexts = {name: self._phrases(written) for name, written in data["contexts"].items()}
        self._whole_message = frozenset(data["whole_message"].split())
        self.rules = tuple(self._rule(entry) for entry in data["rules"])
        self._phrases_in_order = [(rule, phrase) for rule in self.rules for phrase in rule.phrases]
        self._by_word: dict[str, list[int]] = {}
        for place, (rule, phrase) in enumerate(self._phrases_in_order):
            if not phrase.needs:
                raise ValueError(f"{rule.id}: needs no word: {phrase.written}")
            for word in phrase.needs:
                self._by_word.setdefault(word, []).append(place)

    def match(self, text: str) -> tuple[RuleHit, ...]:
        """Return what the rules find in `text`, the most urgent first; offsets are those of `text` itself."""
        reading = Reading(text, self._people)
        context = _Context(reading, self._contexts, self._whole_message)
        candidates = {candidate for word in reading.words for candidate in self._by_word.get(word, ())}
        hits: dict[str, RuleHit] = {}
        for rule, phrase in (self._phrases_in_order[candidate] for candidate in sorted(candidates)):
            for span in islice(reading.find(phrase), _MOST_SPANS):
                hit = context.judge(rule, span)
                if hit and (rule.id not in hits or _weight(hit) > _weight(hits[rule.id])):
                    hits[rule.id] = hit
                # The same again, later on, tells no more.
                if hit and hit.tier is rule.tier:
                    break
        return tuple(sorted(hits.values(), key=_urgency))

    def _rule(self, entry: Mapping[str, Any]) -> Rule:
        return Rule(
            id=entry["id"],
            category=entry["category"],
            tier=Tier.of(entry["tier"]),
            subject=entry.get("subject", ""),
            language=entry.get("language", "en"),
            phrases=self._phrases(entry["patterns"]),
            unless=frozenset(entry.get("unless", "").split()),
            past=entry.get("past", "past_crisis"),
            matches=tuple(entry["matches"].splitlines()),
            ignores=tuple(entry["ignores"].splitlines()),
        )

    def _phrases(self, written: str) -> tuple[Phrase, ...]:
        return tuple(parse(line, self._lists) for line in written.splitlines() if line.strip())


class _Context:
    """What stands around the hits in one message."""

    def __init__(
        self, reading: Reading, phrases: Mapping[str, tuple[Phrase, ...]], whole_message: frozenset[str]
    ) -> None:
        """Judge hits in `reading` with the `phrases` of each context; those of `whole_message` count from anywhere."""
        self._reading = reading
        self._phrases = phrases
        self._whole_message = whole_message
        self._had: dict[tuple[str, str], bool] = {}

    def judge(self, rule: Rule, span: Span) -> RuleHit | None:
        """Return the hit of `rule` at `span`, softened where it is long over; None if it does not count."""
        around = self._reading.sentence(span)
        if (
            any(idiom.begin < span.end and span.begin < idiom.end for idiom in self._idioms)
            or ("laughter" in rule.unless and self._is_laughed_off)
            or ("asked" in rule.unless and not self._is_personal(span) and self._has("asked", self._reading.line))
            or ("quoted" in rule.unless and self._is_quotation and self._reading.is_quoted(span))
            or any(
                self._has(name, self._reading.line if name in self._whole_message else around)
                for name in rule.unless - {"laughter", "asked", "quoted"}
            )
            or self._is_negated(rule, span)
        ):
            return None
        category, tier, subject = rule.category, rule.tier, rule.subject or self._subject(rule, span)
        if tier > Tier.T1 and rule.past != "never" and self._is_past(span, around):
            if rule.past == "nothing":
                return None
            category, tier = rule.past, Tier.T1
        elif subject == "self":
            category = _OF_SELF.get(category, category)
        begin, end = self._reading.tokens[span.begin].begin, self._reading.tokens[span.end - 1].end
        return RuleHit(rule.id, category, tier, subject, begin, end)

    @cached_property
    def _idioms(self) -> tuple[Span, ...]:
        return tuple(
            span
            for phrase in self._phrases["idioms"]
            if phrase.may_match(self._reading.words)
            for span in self._reading.find(phrase)
        )

    @cached_property
    def _is_laughed_off(self) -> bool:
        return self._reading.laughs and not self._has("serious", self._reading.line)

    @cached_property
    def _is_quotation(self) -> bool:
        """Tell whether what the message quotes are words of somebody else, and not meant."""
        return self._has("quoted", self._reading.line) and not self._has("meant", self._reading.line)

    def _has(self, name: str, line: str) -> bool:
        """Tell whether a phrase of the context `name` is in `line`, a part of the message."""
        key = name, line
        if key not in self._had:
            words = self._reading.words
            self._had[key] = any(
                phrase.may_match(words) and phrase.compiled.search(line) for phrase in self._phrases[name]
            )
        return self._had[key]

    def _subject(self, rule: Rule, span: Span) -> str:
        """Return whom the hit is about: to whom it is done, else the nearest mention in it, before it, behind it."""
        tokens = self._reading.tokens
        if any(token.text in _DONE_TO for token in tokens[span.begin : span.end]):
            return "self"
        for indices in (range(span.begin, span.end), range(span.begin - 1, -1, -1), range(span.end, len(tokens))):
            for index in indices:
                word = tokens[index].text
                if word in _OTHER:
                    return "other"
                if word in _FIRST_PERSON:
                    return "self"
        return "other" if rule.category.endswith("_other") else "self"

    def _is_personal(self, span: Span) -> bool:
        """Tell whether the hit speaks of the writer or of somebody the writer knows: "he", "my son", not "a client"."""
        for token in self._reading.tokens[span.begin : span.end]:
            if token.text in _KNOWN:
                return True
            if token.text in KINDS:
                typed = self._reading.original[token.begin : token.end].lower()
                if typed.split(maxsplit=1)[0] not in _ARTICLES and (" " in typed or not typed.endswith("s")):
                    return True
        return False

    def _is_negated(self, rule: Rule, span: Span) -> bool:
        """Tell whether the hit is denied: "not suicidal", "no thoughts of suicide", "suicidal thoughts: no"."""
        before, after = self._reading.before(span.begin), self._reading.after(span.end)
        first = self._reading.tokens[span.begin].text
        names = ["negated_before"]
        if rule.language == "es" or (first not in _FIRST_PERSON and first not in _OTHER):
            names.append("negated_before_thing")
        return any(self._has(name, before) for name in names) or any(
            phrase.compiled.match(after) for phrase in self._phrases["negated_after"]
        )

    def _is_past(self, span: Span, around: str) -> bool:
        """Tell whether the hit is told as long ago or, in the past tense, as recovered from, and not as back."""
        line = self._reading.line
        if self._has("present", _NEVER_AGAIN.sub("", around)) or self._has("back", line):
            return False
        tense = "".join(word + " " for word in self._reading.before(span.begin).split()[-4:])
        tense += "".join(token.text + " " for token in self._reading.tokens[span.begin : span.end])
        if self._has("past_tense", tense):
            return self._has("long_ago", line) or self._has("recovered", line)
        return not self._has("now_tense", tense) and self._has("long_ago", line)


def best(hits: Iterable[RuleHit]) -> RuleHit | None:
    """Return the hit to answer first: the most urgent, then in the order of the categories; None without any."""
    return min(hits, key=_urgency, default=None)


@lru_cache(64)
def language_of(text: str) -> str:
    """Return the language that `text` is written in, ``en`` or ``es``, by its small words."""
    words = [token.text for token in normalise(text).tokens]
    spanish, english = sum(map(_SPANISH.__contains__, words)), sum(map(_ENGLISH.__contains__, words))
    return "es" if spanish > english else "en"


def _weight(hit: RuleHit) -> tuple[int, int, int]:
    """Return what makes one hit of a rule tell more than another: urgency, then length, then coming first."""
    return hit.tier, hit.end - hit.begin, -hit.begin


def _urgency(hit: RuleHit) -> tuple[int, int, int]:
    return -hit.tier, _ORDER[hit.category], hit.begin

"""Learns the weights of the reader of names from the messages in data/ and the examples here; about six minutes."""

from __future__ import annotations

import json
import re
from collections import Counter
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Iterable, Sequence

import pycrfsuite  # type: ignore[import-untyped]

from helpline.files import write_whole
from helpline.settings import ROOT
from helpline.storage.redaction import reader, signs, without_numbers
from helpline.storage.redaction.names import redact_names, word_tokens
from helpline.storage.redaction.reader import Weights
from helpline.storage.redaction.teaching.contexts import Span, contexts, exchanged, led_to, misspelt, named
from helpline.storage.redaction.teaching.groups import grouped
from helpline.storage.redaction.teaching.made_names import HERE, nicknames

# How many ordinary messages are read as they are, and how many with names in them; more make no better reader.
_ORDINARY, _NAMED, _LED_TO = 45_000, 20_000, 30_000
# How often an example is read as it is, with other names, and if nobody is named in it.
_AS_IT_IS, _EXCHANGED, _HARMLESS = 3, 12, 13
_COMMON = 3_500
# A common word that is no name anywhere, if it is in so many messages.
_PLAIN_FROM = 60
# Chances: that a name's word is not looked up in the lists of names, that a rare word is not in that of common ones.
_HIDE_NAME, _HIDE_RARE = 0.5, 0.7
_MISSPELT = 0.2
# From this chance on a word that is no name is an error worth learning from.
_ERROR_FROM = 0.25
_LEARNING = {"c1": 1.25, "c2": 0.02, "max_iterations": 90, "feature.minfreq": 4, "feature.possible_transitions": True}
_LEAST_WEIGHT = 0.09
Message = tuple[str, "list[Span] | None"]


def ordinary_messages() -> list[str]:
    """Return the messages of data/, which name hardly anybody."""
    found = set()
    for path in sorted((ROOT / "data").rglob("*.yml")):
        examples = False
        for line in path.read_text(encoding="utf-8").splitlines():
            if "examples: |" in line:
                examples = True
            elif examples and line.startswith("    - "):
                found.add(re.sub(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})", r"\1", line[6:].strip()))
            elif line.strip() and not line.startswith("    "):
                examples = False
    return sorted(found)


def examples() -> list[dict[str, Any]]:
    """Return the messages with planted identifiers."""
    return [json.loads(line) for line in (HERE / "examples.jsonl").read_text(encoding="utf-8").splitlines()]


def learnt(rows: Sequence[dict[str, Any]], ordinary: Sequence[str], seed: int = 1) -> dict[str, Any]:
    """Return the content of reader.json as learnt from examples and ordinary messages."""
    dice = Random(seed)
    ordinary = list(ordinary)
    dice.shuffle(ordinary)
    words_of = [{word.lower() for _, _, word in word_tokens(text)} for text in ordinary]
    counts = Counter(word for found in words_of for word in found)
    groups = grouped(ordinary, [word for word, _ in counts.most_common() if _kind(word) not in "fs"][:_COMMON])
    names = {part for name in nicknames() for part in name.split("-")}
    plain = frozenset(
        word for word in groups if counts[word] >= _PLAIN_FROM and _kind(word) in "ow" and word not in names
    )
    known = Weights(groups, plain, {}, (1.0, 1.0, 1.0, 1.0))
    messages = list(_messages(rows, ordinary, dice))
    read = [seen for message in messages for seen in _read(message, counts, known, dice)]
    content = _learn(read, known)
    known = reader.as_weights(content)
    errors = [(text, None) for text in ordinary if _errs(text, known)]
    read += 2 * [seen for message in errors for seen in _read(message, counts, known, dice)]
    return _learn(read, known)


def _messages(rows: Sequence[dict[str, Any]], ordinary: Sequence[str], dice: Random) -> Iterable[Message]:
    for row in rows:
        text, spans = row["text"], _spans(row)
        yield from [(text, spans)] * (_AS_IT_IS if spans else _HARMLESS)
        if spans:
            yield from (exchanged(text, spans, dice) for _ in range(_EXCHANGED))
    places = contexts()
    short = [text for text in ordinary if len(text) < 120]
    drawn: list[Message] = [(text, None) for text in ordinary[:_ORDINARY]]
    drawn += [found for text in ordinary[::-1][: 2 * _NAMED] if (found := named(text, dice))][:_NAMED]
    drawn += [led_to(dice.choice(places), short, dice) for _ in range(_LED_TO)]
    for text, spans in drawn:
        if dice.random() < _MISSPELT:
            text, moved = misspelt(text, spans or [], dice)
            spans = None if spans is None else moved
        yield text, spans


def _spans(row: dict[str, Any]) -> list[Span]:
    """Return where the names of an example are."""
    kinds = row.get("kinds") or ["name"] * len(row["identifiers"])
    names = [name for name, kind in zip(row["identifiers"], kinds, strict=True) if kind == "name"]
    found = {place.span() for name in names for place in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", row["text"])}
    return sorted(found)


def _read(
    message: Message, counts: Counter[str], known: Weights, dice: Random
) -> Iterable[tuple[list[list[str]], list[str]]]:
    """Return the features and labels of a message after the other rules, as the reader meets it."""
    whole, spans = message
    text = without_numbers(whole)
    tokens = word_tokens(text)
    labels = ["O"] * len(tokens)
    if not tokens:
        return
    kinds = [_kind(word.lower()) for _, _, word in tokens]
    if spans is None:
        # Names that the rules and the lists agree on are names; of others nobody is sure.
        kept = Counter(word for _, _, word in word_tokens(redact_names(text, by_rules_only=True)))
        for place, (_, _, word) in enumerate(tokens):
            if not kept[word]:
                if kinds[place] not in "fs" and not (kinds[place] == "d" and word[0].isupper()):
                    return
                labels[place] = "N"
    else:
        for name in {whole[start:stop] for start, stop in spans}:
            for found in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text):
                for place, (start, stop, _) in enumerate(tokens):
                    if start < found.end() and stop > found.start():
                        labels[place] = "N"
    hidden = {}
    for place, (_, _, word) in enumerate(tokens):
        if labels[place] == "N":
            if dice.random() < _HIDE_NAME:
                hidden[place] = signs.WITHOUT_NAMES
        elif counts[word.lower()] < 3 and kinds[place] == "o" and dice.random() < _HIDE_RARE:
            hidden[place] = signs.WITHOUT_COMMON
    yield reader.features(reader.view(text, tokens, hidden), known), labels


def _kind(word: str) -> str:
    return signs.kind(word, signs.BY_LISTS)


def _errs(text: str, known: Weights) -> bool:
    """Tell whether the reader takes for a name what the rules leave."""
    text = without_numbers(text)
    tokens = word_tokens(text)
    if not tokens:
        return False
    chances = reader.chances(text, tokens, known)
    if max(chances) < _ERROR_FROM:
        return False
    kept = {word for _, _, word in word_tokens(redact_names(text, by_rules_only=True))}
    return any(word in kept for (_, _, word), chance in zip(tokens, chances, strict=True) if chance > _ERROR_FROM)


def _learn(read: Sequence[tuple[list[list[str]], list[str]]], known: Weights) -> dict[str, Any]:
    trainer = pycrfsuite.Trainer(verbose=False)
    for seen, labels in read:
        trainer.append(seen, labels)
    trainer.select("lbfgs")
    trainer.set_params(_LEARNING)
    with TemporaryDirectory() as folder:
        place = f"{folder}/weights.crf"
        trainer.train(place)
        tagger = pycrfsuite.Tagger()
        tagger.open(place)
        learned = tagger.info()
        tagger.close()
    odds: Counter[str] = Counter()
    for (feature, label), weight in learned.state_features.items():
        odds[feature] += weight if label == "N" else -weight
    lines: dict[str, list[str]] = {}
    for word, group in sorted(known.groups.items()):
        lines.setdefault(group, []).append(word)
    pairs = (("O", "O"), ("O", "N"), ("N", "O"), ("N", "N"))
    return {
        "changes": [round(learned.transitions.get(pair, 0.0), 3) for pair in pairs],
        "plain": " ".join(sorted(known.plain)),
        "groups": {group: " ".join(words) for group, words in sorted(lines.items())},
        "odds": {name: round(weight, 2) for name, weight in sorted(odds.items()) if abs(weight) >= _LEAST_WEIGHT},
    }


if __name__ == "__main__":
    content = learnt(examples(), ordinary_messages())
    write_whole(reader.WEIGHTS, json.dumps(content, ensure_ascii=False, indent=0, separators=(",", ":")) + "\n")
    print(f"{len(content['odds'])} weights in {reader.WEIGHTS.relative_to(ROOT)}")

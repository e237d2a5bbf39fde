"""Which words a crisis gets: pure functions from what was heard to a variant of a response and its `custom` object."""

from __future__ import annotations

import copy
from typing import Any, Mapping, Sequence

from helpline.answers.numbers import Number
from helpline.crisis.follow_up import family

Response = Mapping[str, Any]


def fitting(variants: Sequence[Response], heard: Mapping[str, Any]) -> list[Response]:
    """Return the variants that fit what was heard, in their order; a variant fits where it says nothing else.

    Where none fits in every respect the language gives way last: the right number in another wording beats none.

    Args:
        variants: of one response; metadata may name `language`, `subject`, `tier` and `family`.
        heard: tier, category, subject and language, as in parse data.
    """
    wanted = {
        "language": heard["language"],
        "tier": heard["tier"],
        "subject": heard["subject"],
        "family": family(heard["category"]),
    }
    for respects in (
        ("language", "tier", "subject", "family"),
        ("language", "tier", "family"),
        ("language", "tier"),
        ("language",),
        (),
    ):
        chosen = [
            variant
            for variant in variants
            if all(
                wanted[respect] == (variant.get("metadata") or {}).get(respect, wanted[respect]) for respect in respects
            )
        ]
        if chosen:
            return chosen
    return []


def in_turn(variants: Sequence[Response], used: int) -> Response:
    """Return the first variant at first, then the others by turns: nobody reads the same words twice in a row."""
    if used == 0 or len(variants) == 1:
        return variants[0]
    return variants[1 + (used - 1) % (len(variants) - 1)]


def in_doubt(variants: Sequence[Response], hotlines: Sequence[Response]) -> list[Response]:
    """Return the variants for harm whose kind or urgency is in doubt, with the lines of the likely kinds put in.

    Args:
        variants: with ``{hotlines}`` in their text; their first number stays the first.
        hotlines: one for each kind: a piece of a sentence, and its number in `custom`.
    """
    pieces, keys = [], []
    for hotline in hotlines:
        pieces.append(hotline["text"].strip())
        keys += hotline["custom"]["numbers"]
    filled = []
    for variant in variants:
        language = variant["metadata"]["language"]
        text = variant["text"].replace("{hotlines}", {"en": ", or ", "es": ", o "}[language].join(pieces))
        first, *others = variant["custom"]["numbers"]
        filled.append({**variant, "text": text, "custom": {**variant["custom"], "numbers": [first, *keys, *others]}})
    return filled


def crisis_message(
    variants: Sequence[Response], heard: Mapping[str, Any], used: int, numbers: Mapping[str, Number]
) -> dict[str, Any]:
    """Return the reply in Rasa's form: text, buttons where the variant has some, and the `custom` of the contract.

    Args:
        variants: of the response for the category, support or follow-up.
        heard: tier, category, subject and language.
        used: how often the response was shown in this conversation.
        numbers: by key.
    """
    chosen = in_turn(fitting(variants, heard), used)
    message = {key: copy.deepcopy(chosen[key]) for key in ("text", "buttons", "custom") if key in chosen}
    custom = message["custom"]
    custom["numbers"] = [numbers[key].as_custom() for key in custom["numbers"]]
    if custom["kind"] == "crisis":
        custom.update({name: heard[name] for name in ("tier", "category", "subject", "language")})
    return message

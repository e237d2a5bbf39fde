"""How a message is read before it is encoded: chat spelling written out, long messages cut into clauses."""

from __future__ import annotations

import re
import unicodedata

MAX_CHARACTERS = 4000
MAX_CLAUSES = 8

# What people type for common words. Only forms that are not words themselves.
CHAT_SPELLING = {
    "2day": "today", "2moro": "tomorrow", "2nite": "tonight", "4ever": "forever", "abt": "about", "acct": "account",
    "addy": "address", "afaik": "as far as i know", "aint": "is not", "amt": "amount", "appt": "appointment",
    "appts": "appointments", "asap": "as soon as possible", "b4": "before", "bc": "because", "bcs": "because",
    "bcuz": "because", "becuz": "because", "bf": "boyfriend", "btw": "by the way", "cant": "can not", "cld": "could",
    "coz": "because", "cos": "because", "couldnt": "could not", "couldve": "could have", "cuz": "because",
    "didnt": "did not", "doesnt": "does not", "dont": "do not", "dunno": "do not know", "ea": "each",
    "ev1": "everyone", "every1": "everyone", "fam": "family", "fb": "facebook", "finna": "going to", "fr": "really",
    "gf": "girlfriend", "gimme": "give me", "gonna": "going to", "gotta": "have to", "govt": "government",
    "hafta": "have to", "havent": "have not", "hows": "how is", "hr": "hour", "hrs": "hours", "hubby": "husband",
    "idk": "i do not know", "ik": "i know", "imo": "in my opinion", "ins": "insurance", "isnt": "is not",
    "ive": "i have", "jw": "just wondering", "kinda": "kind of", "lemme": "let me", "lmk": "let me know",
    "mos": "months", "msg": "message", "mins": "minutes", "n": "and", "nd": "and", "ngl": "honestly", "nite": "night",
    "nm": "never mind", "nvm": "never mind", "ofc": "of course", "outta": "out of", "pls": "please", "plz": "please",
    "ppl": "people", "prob": "probably", "probs": "probably", "prolly": "probably", "r": "are", "rly": "really",
    "rn": "right now", "sched": "schedule", "shes": "she is", "shld": "should", "shouldnt": "should not",
    "smth": "something", "sth": "something", "sumthing": "something", "tbh": "to be honest", "thats": "that is",
    "theres": "there is", "theyre": "they are", "tho": "though", "thru": "through", "thx": "thanks",
    "tmrw": "tomorrow", "tryna": "trying to", "ty": "thank you", "u": "you", "ur": "your", "urs": "yours", "w": "with",
    "w/": "with", "w/o": "without", "wanna": "want to", "wasnt": "was not", "wat": "what", "wats": "what is",
    "wen": "when", "wether": "whether", "whats": "what is", "whens": "when is", "wheres": "where is", "whos": "who is",
    "wk": "week", "wkly": "weekly", "wks": "weeks", "wld": "would", "wont": "will not", "wouldnt": "would not",
    "wut": "what", "y": "why", "ya": "you", "yall": "you all", "y'all": "you all", "yr": "year", "yrs": "years",
    "youre": "you are",
}  # fmt: skip

_ZERO_WIDTH = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"), None)
_QUOTES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": " - "})
# A gesture that is all a message says, of an answer.
_GESTURES = str.maketrans({"\U0001f44d": " that helped ", "\U0001f44e": " that did not help "})
_REPEATED = re.compile(r"(\D)\1{2,}")
_LETTER = re.compile(r"[^\W\d_]")
_CLAUSE_END = re.compile(
    r"(?<=[.?!;])\s+|\s*\n+\s*|\s+-+\s+|,?\s+(?=(?:and|also|plus|but|or|then|n|&)\s)|,\s+",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"(?:if so |so |ok |well )?(?:how|what|when|where|who|whom|whose|why|which|is|are|am|do|does|did|can|could|will|"
    r"would|should|may|has|have|any)\b"
)
_JOINER = re.compile(r"^(?:and|also|plus|but|or|then|n|&|oh|ok|so)\b[\s,]*", re.IGNORECASE)


def normalise(text: str) -> str:
    """Return `text` in lower case with chat spelling written out and repeats shortened ("sooooo" -> "soo").

    Reads at most `MAX_CHARACTERS`, the first and the last half of them: what is asked stands at either end.
    """
    if len(text) > MAX_CHARACTERS:
        text = f"{text[: MAX_CHARACTERS // 2]}\n{text[-MAX_CHARACTERS // 2 :]}"
    text = unicodedata.normalize("NFKC", text).translate(_ZERO_WIDTH).translate(_QUOTES)
    text = _REPEATED.sub(r"\1\1", text.lower())
    if not has_letters(text):
        text = text.translate(_GESTURES)
    return re.sub(r"[\w'/]+", lambda word: CHAT_SPELLING.get(word.group(), word.group()), text).strip()


def clauses(text: str) -> list[tuple[int, int]]:
    """Return begin and end of the clauses of `text`, cut at sentence ends, commas and joining words, in order.

    Single words stick to the clause before. Returns an empty list where there is nothing to cut.
    """
    spans: list[tuple[int, int]] = []
    begin = 0
    for cut in [*_CLAUSE_END.finditer(text), None]:
        end = cut.start() if cut else len(text)
        piece = text[begin:end]
        joiner = _JOINER.match(piece)
        rest = piece[joiner.end() :] if joiner else piece
        if piece.strip():
            if spans and len(rest.split()) < 2:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((begin + (joiner.end() if joiner and rest else 0), end))
        begin = cut.end() if cut else end
    if len(spans) < 2:
        return []
    return spans[:2] + spans[-(MAX_CLAUSES - 2) :] if len(spans) > MAX_CLAUSES else spans


def is_question(clause: str) -> bool:
    """Tell whether a normalised clause asks something: by its mark or by how it begins."""
    return clause.rstrip().endswith("?") or bool(_ASKS.match(clause))


def has_letters(text: str) -> bool:
    """Tell whether there is any letter to read (no: empty, digits, punctuation or emoji only)."""
    return bool(_LETTER.search(text))

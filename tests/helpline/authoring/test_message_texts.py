"""How a message is kept: one line, redacted, nothing that Rasa would read as markup."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpline.authoring.errors import RefusedError
from helpline.authoring.texts import LONGEST, bare, mark, name_of, tidy


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  does it\n cost\tmuch ", "does it cost much"),
        ("- is it free", "is it free"),
        ("call me at 714-555-0100", "call me at [phone]"),
        ("see [this](that) and [x]{y}", "see [this] (that) and [x] {y}"),
        ("how\u200bever it\u202eself works", "however itself works"),
        ("line\u2028end\x85here", "line end here"),
        ("caf\u0065\u0301", "caf\u00e9"),
        ("# not a comment: really?", "# not a comment: really?"),
    ],
)
def test_a_message_becomes_one_plain_line(text: str, kept: str) -> None:
    assert tidy(text) == kept


@pytest.mark.parametrize("text", ["", "  \n", "- - -", "?!", "\U0001f642"])
def test_a_message_without_words_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match="no words"):
        tidy(text)


def test_a_letter_is_refused() -> None:
    with pytest.raises(RefusedError, match=str(LONGEST)):
        tidy("word " * LONGEST)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_what_is_kept_is_kept_the_same_again(text: str) -> None:
    try:
        kept = tidy(text)
    except RefusedError:
        return
    assert len(kept.splitlines()) == 1
    assert tidy(kept) == kept


def test_two_messages_with_the_same_words_are_one() -> None:
    assert bare("Does MEDICAID pay?!") == bare("does medicaid, pay")
    assert mark("Does MEDICAID pay?!") == mark("does medicaid, pay")
    assert "medicaid" not in mark("does medicaid pay")


def test_a_title_gives_a_name() -> None:
    assert name_of("Waiting lists & openings") == "waiting_lists_openings"
    assert name_of("Señales") == "senales"
    for title in ("", "12", "??", "x" * 60):
        with pytest.raises(RefusedError, match="title"):
            name_of(title)

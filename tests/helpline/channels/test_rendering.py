from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpline.channels import rendering
from helpline.channels.rendering import (
    ASK_FOR_NUMBER,
    Button,
    Capabilities,
    Part,
    in_plain,
    list_again,
    render,
)
from helpline.channels.splitting import length

TEXT = Capabilities(max_text=1600)
CARRIER = Capabilities(max_text=1600, keywords=frozenset({"STOP", "HELP", "CANCEL", "OTHER"}))
NATIVE = Capabilities(max_text=300, buttons="native", max_buttons=3, max_button_title=20)
YES_NO = [{"title": "Yes", "payload": "Yes, please"}, {"title": "No", "payload": "No"}]
CRISIS = {"custom": {"kind": "crisis", "numbers": []}}


def texts(replies: list[dict[str, Any]], capabilities: Capabilities = TEXT) -> list[str]:
    return [part.text for part in render(replies, capabilities, 7).parts]


def test_all_texts_of_a_turn_are_one_message_and_custom_is_not_shown() -> None:
    replies = [{"text": "One."}, {"custom": {"kind": "info"}}, {"text": "Two."}, {"custom": {"kind": "answer"}}]
    assert texts(replies) == ["One.\n\nTwo."]


def test_options_are_a_numbered_list_where_there_are_no_buttons() -> None:
    rendered = render([{"text": "Shall we?", "buttons": YES_NO}], TEXT, 7)
    assert rendered.parts == (Part(f"Shall we?\n\n1. Yes\n2. No\n{ASK_FOR_NUMBER}"),)
    assert rendered.menu is not None
    assert [option.payload for option in rendered.menu.options] == ["Yes, please", "No"]
    assert (rendered.menu.id, rendered.menu.numbered, rendered.menu.question) == (7, True, "Shall we?")


def test_options_are_buttons_where_there_are_some() -> None:
    rendered = render([{"text": "Shall we?", "buttons": YES_NO}], NATIVE, 7)
    assert rendered.parts == (Part("Shall we?", (Button("m:7:1", "Yes"), Button("m:7:2", "No"))),)
    assert rendered.menu is not None
    assert not rendered.menu.numbered


@pytest.mark.parametrize("titles", [["A", "B", "C", "D"], ["A", "A title with more than twenty letters"]])
def test_too_many_or_too_long_for_buttons_are_a_list(titles: list[str]) -> None:
    rendered = render([{"text": "Which?", "buttons": [{"title": title} for title in titles]}], NATIVE, 7)
    assert rendered.parts[-1].buttons == ()
    assert f"{len(titles)}. {titles[-1]}" in rendered.parts[-1].text


def test_a_list_that_the_text_has_already_gets_numbers_in_its_place() -> None:
    text = "Did you mean:\n- Yes\n- No\n\nThe numbers are here."
    assert texts([{"text": text, "buttons": YES_NO}]) == [
        f"Did you mean:\n1. Yes\n2. No\n\nThe numbers are here.\n\n{ASK_FOR_NUMBER}"
    ]


def test_only_the_last_options_of_a_turn_are_offered() -> None:
    replies = [{"text": "Answer.", "buttons": [{"title": "More"}]}, {"custom": {}}, {"text": "Ask?", "buttons": YES_NO}]
    rendered = render(replies, TEXT, 7)
    assert "More" not in rendered.parts[0].text
    assert rendered.menu is not None
    assert len(rendered.menu.options) == 2


def test_a_crisis_reply_goes_first_in_plain_text() -> None:
    replies = [{"text": "Small talk."}, {"custom": {"kind": "info"}}, {"text": "Call.", "buttons": YES_NO}, CRISIS]
    for capabilities in (TEXT, NATIVE):
        rendered = render(replies, capabilities, 7)
        assert rendered.urgent
        assert rendered.parts == (Part("Call.\n\nSmall talk."),)
        # What they write is understood all the same; a number that they write is no choice of theirs.
        assert rendered.menu is not None
        assert rendered.menu.hidden
        assert [option.title for option in rendered.menu.options] == ["Yes", "No"]


def test_a_crisis_reply_without_options_closes_the_menu_before() -> None:
    menu = render([{"text": "How many did you take?", **CRISIS}], TEXT, 7).menu
    assert menu is not None
    assert (menu.options, menu.numbered, menu.hidden) == ((), False, True)


def test_a_rescue_has_text_and_custom_in_one() -> None:
    rendered = render([{"text": "Call.", **CRISIS}, {"text": "Late answer."}], TEXT, 7)
    assert rendered.urgent
    assert rendered.parts[0].text.startswith("Call.")


def test_the_first_part_of_a_long_crisis_reply_has_the_first_number() -> None:
    replies = [{"text": "Call 988 now.\n\n" + "This is a sentence. " * 40, **CRISIS}]
    parts = texts(replies, NATIVE)
    assert len(parts) > 2
    assert "988" in parts[0]
    assert all(length(part) <= NATIVE.max_text for part in parts)


def test_buttons_stand_below_the_last_part() -> None:
    rendered = render([{"text": "This is a sentence. " * 40, "buttons": YES_NO}], NATIVE, 7)
    assert [bool(part.buttons) for part in rendered.parts] == [False] * (len(rendered.parts) - 1) + [True]


def test_a_payload_command_is_never_said_for_a_person() -> None:
    menu = render([{"text": "?", "buttons": [{"title": "Go", "payload": "/restart"}]}], TEXT, 7).menu
    assert menu is not None
    assert menu.options[0].payload == "Go"


def test_words_of_the_carrier_are_offered_by_other_names() -> None:
    buttons = [{"title": title} for title in ("Stop", "help!", "Cancel", "Other", "Stop by bus")]
    rendered = render([{"text": 'Type "back" or "stop".', "buttons": buttons}], CARRIER, 7)
    assert rendered.menu is not None
    shown = [option.title for option in rendered.menu.options]
    assert shown == ["Leave this here", "Get help now", "Never mind", "Option: Other", "Stop by bus"]
    # The bot hears what it would hear elsewhere.
    assert [option.payload for option in rendered.menu.options] == [button["title"] for button in buttons]
    assert rendered.parts[0].text.startswith('Type "back" or "leave".')
    assert "stop" in texts([{"text": 'Type "stop".'}], TEXT)[0]


def test_only_the_question_about_age_is_answered_with_a_number_of_ones_own() -> None:
    def counted(custom: dict[str, Any]) -> bool:
        menu = render([{"text": "?", "buttons": YES_NO}, {"custom": custom}], TEXT, 7).menu
        return menu is not None and menu.counted

    assert counted({"kind": "question", "id": "age"})
    assert not counted({"kind": "question", "id": "who"})
    assert not counted({"kind": "answer", "id": "age"})


def test_a_menu_is_shown_again_with_its_question() -> None:
    menu = render([{"text": "Who?", "buttons": YES_NO}], TEXT, 7).menu
    assert menu is not None
    assert list_again(menu, TEXT) == (Part("Please reply with a number from 1 to 2.\n\nWho?\n\n1. Yes\n2. No"),)
    long = render([{"text": "An answer. " * 40, "buttons": YES_NO}], TEXT, 7).menu
    assert long is not None
    assert list_again(long, TEXT) == (Part("Please reply with a number from 1 to 2.\n\n1. Yes\n2. No"),)


def test_refused_buttons_become_a_list() -> None:
    rendered = render([{"text": "Shall we?", "buttons": YES_NO}], NATIVE, 7)
    assert in_plain(rendered.parts[0], rendered.menu, 300) == [Part(f"Shall we?\n\n1. Yes\n2. No\n{ASK_FOR_NUMBER}")]
    assert in_plain(Part("Only words."), None, 300) == [Part("Only words.")]


def test_replies_without_any_text_give_the_numbers() -> None:
    for replies in ([], [{"custom": {"kind": "info"}}], [{"image": "x"}], [{"text": "  "}]):
        assert "988" in texts(replies)[0]


def test_an_error_costs_the_buttons_and_not_the_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "_menu", lambda *_: 1 / 0)
    rendered = render([{"text": "Call.", "buttons": YES_NO}, CRISIS], NATIVE, 7)
    assert rendered.parts == (Part("Call."),)
    assert rendered.urgent


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.just("crisis"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["title", "payload", "kind"]), inner),
    max_leaves=8,
)


@given(
    st.lists(st.dictionaries(st.sampled_from(["text", "buttons", "custom", "image"]), _ANY), max_size=4),
    st.sampled_from([TEXT, CARRIER, NATIVE]),
)
def test_whatever_comes_there_is_a_part_that_the_vendor_takes(
    replies: list[dict[str, Any]], capabilities: Capabilities
) -> None:
    rendered = render(replies, capabilities, 7)
    assert rendered.parts
    for part in rendered.parts:
        assert part.text.strip()
        assert length(part.text) <= capabilities.max_text
        assert len(part.buttons) <= capabilities.max_buttons
        assert all(length(button.title) <= capabilities.max_button_title for button in part.buttons)
        assert all(len(button.id) <= 24 for button in part.buttons)

"""Random walks through the real form, over REST: no dead end, no lost answer, none filled by something else."""

from __future__ import annotations

import pytest
from assistant import Assistant, Reply, new_sender
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from helpline.fit_check.questions import PAYING, UNKNOWN, VALUES, asked_answers, next_question, previous_question
from helpline.fit_check.rules import decide
from helpline.fit_check.words import title_of

# What people ask or remark in between, and the kinds of reply that come before the question is put again.
DIGRESSIONS = (
    "what is group therapy?",
    "how many days a week are the sessions?",
    "does medicaid pay for it?",
    "how much does it cost in dollars?",
    "thank you",
    "are you a real person?",
)
# What people type instead of a button, and what it means.
TYPED = {
    "who": {"its for me": "me", "my husband": "loved_one"},
    "age": {"im 44": "adult", "fifteen": "13_17"},
    "safety": {"no, nobody is in danger": "no"},
    "focus": {"mostly drinking": "substance", "depression": "mental"},
    "daily_use": {"every night, vodka": "alcohol", "fentanyl every day": "other_drugs"},
    "health": {"nope, healthy": "no"},
    "around_the_clock": {"i'd be fine on my own": "yes"},
    "impact": {"almost every day": "most"},
    "care_so_far": {"nothing so far": "none"},
    "home": {"couch surfing": "no"},
    "time": {"if someone drives me": "with_help"},
}
BREAKDOWNS = ("i want to kill myself", "my son overdosed and wont wake up", "my husband is beating me right now")
# Answers that end the check at once are drawn last, else no walk would get anywhere.
_LAST = {"who": "professional", "age": "under_13", "safety": "yes", "withdrawal_history": "now"}


class Walk(RuleBasedStateMachine):
    """A person who answers by buttons, skips, goes back, digresses, stops and goes on."""

    assistant: Assistant

    @initialize()
    def start(self) -> None:
        self.sender = new_sender()
        self.answers: dict[str, str] = {}
        self.current: str | None = "who"
        self.again = False
        self.reply = self.assistant.say(self.sender, "take the fit check")
        self.is_asked("who")

    def say(self, text: str) -> Reply:
        self.reply = self.assistant.say(self.sender, text)
        return self.reply

    def is_asked(self, name: str) -> None:
        asked = [custom["id"] for custom in self.reply.customs if custom["kind"] == "question"]
        assert asked == [name], f"{name} was to be asked, not {asked}: {self.reply.text}"

    def goes_on(self) -> None:
        """Check that the next question is asked, or that the result is that of the rules."""
        self.again = False
        if self.answers.get("safety") in ("not_sure", UNKNOWN) and self.current == "safety":
            self.answers.pop("safety")
            self.again = True
            self.is_asked("safety")
            return
        self.current = next_question(self.answers)
        if self.current:
            self.is_asked(self.current)
            return
        if self.answers.get("who") == "professional":
            assert self.reply.kinds == ["info"]
            self.answers = {}
            return
        shown = next(custom for custom in self.reply.customs if custom["kind"] == "fit_result")
        decision = decide(self.answers)
        counted = asked_answers(self.answers)
        assert shown["outcome"] == decision.outcome
        assert shown["because"] == [{"id": name, "value": counted[name]} for name in decision.because][:3]
        assert "1-800-662-HELP (4357)" in self.reply.text and "911" in self.reply.text and "988" in self.reply.text
        if decision.outcome not in ("urgent", "stop_child"):
            self.is_asked(PAYING)
            self.say("No thanks")
            assert self.reply.kinds == ["info"]

    @precondition(lambda self: self.current)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        values = [value for value in VALUES[self.current] if value != _LAST.get(self.current)]
        value = data.draw(st.sampled_from([*values * 4, *VALUES[self.current]]))
        if self.current == "safety" and self.again and value == "not_sure":
            value = "no"
        self.say(title_of(self.current, value))
        self.answers[self.current] = value
        self.goes_on()

    @precondition(lambda self: self.current in TYPED)
    @rule(data=st.data())
    def type_an_answer(self, data: st.DataObject) -> None:
        own = self.answers.get("who") != "loved_one"
        # "I'm 44" is no answer to how old somebody else is; it is asked again.
        forms = sorted(form for form in TYPED[self.current].items() if own or not form[0].startswith("im "))
        text, value = data.draw(st.sampled_from(forms))
        self.say(text)
        self.answers[self.current] = value
        self.goes_on()

    @precondition(lambda self: self.current)
    @rule()
    def ask_for_the_check_again(self) -> None:
        self.say("take the fit check")
        self.is_asked(self.current)

    @precondition(lambda self: self.current)
    @rule(text=st.sampled_from(BREAKDOWNS))
    def break_down(self, text: str) -> None:
        self.say(text)
        assert self.reply.kinds == ["crisis"] and "1-800-662-HELP (4357)" in self.reply.text
        self.say("take the fit check")
        assert self.reply.kinds == ["info"] and "988" in self.reply.text
        self.answers, self.current = {}, None

    @precondition(lambda self: self.current and self.current != "safety")
    @rule()
    def skip(self) -> None:
        self.say("skip")
        self.answers[self.current] = UNKNOWN
        self.goes_on()

    @precondition(lambda self: self.current)
    @rule(text=st.sampled_from(DIGRESSIONS))
    def digress(self, text: str) -> None:
        self.say(text)
        assert len(self.reply.messages) >= 2
        if "put the check aside" in self.reply.text:
            self.say("continue my check")
        self.is_asked(self.current)

    @precondition(lambda self: self.current)
    @rule()
    def ask_why(self) -> None:
        self.say("why do you ask?")
        self.is_asked(self.current)

    @precondition(lambda self: self.current)
    @rule()
    def go_back(self) -> None:
        self.say("back")
        before = previous_question(self.current, self.answers)
        if before:
            self.answers.pop(before)
            self.current, self.again = before, False
        self.is_asked(self.current)

    @precondition(lambda self: self.current and self.answers)
    @rule()
    def stop_and_go_on(self) -> None:
        assert "continue my check" in self.say("stop").text
        self.say("continue my check")
        self.again = False
        self.is_asked(self.current)

    @precondition(lambda self: not self.current)
    @rule()
    def start_again(self) -> None:
        self.sender = new_sender()
        self.answers, self.current, self.again = {}, "who", False
        self.say("take the fit check")
        self.is_asked("who")

    @invariant()
    def is_never_silent(self) -> None:
        assert self.reply.text.strip()


@pytest.fixture
def walk(assistant: Assistant) -> type[Walk]:
    return type("Walking", (Walk,), {"assistant": assistant})


def test_random_walks_through_the_form(walk: type[Walk]) -> None:
    run_state_machine_as_test(
        walk,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            # Shrinking a failure would take minutes; the walk that failed is printed anyway.
            phases=(Phase.explicit, Phase.generate),
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )

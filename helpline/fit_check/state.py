"""Where a person stands in the fit check, and what a message leads to."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Mapping

from helpline.fit_check.rules import URGENT, decide
from helpline.fit_check.words import Message

# After the result, or a stop, so many messages about other things are listened through for "actually I'm 16" or "back".
_REACH = 3


@dataclass(frozen=True)
class State:
    """Where a person stands in the check.

    Attributes:
        answers: by question id.
        current: the question that waits for an answer; None outside the check.
        again: whether it was put in other words already: it is never put a third time.
        done: whether a result was given for these answers.
        asides: how many messages in a row were about something else.
    """

    answers: Mapping[str, str] = field(default_factory=dict)
    current: str | None = None
    again: bool = False
    done: bool = False
    asides: int = 0

    @property
    def in_danger(self) -> bool:
        """Whether the urgent reply was given for these answers."""
        return self.done and self.current is None and decide(self.answers).outcome == URGENT

    @property
    def waits(self) -> bool:
        """Whether the next message may be for the check: a question waits, or an answer may yet be put right."""
        return self.current is not None or (bool(self.answers) and self.asides < _REACH)

    def as_slot(self) -> dict[str, Any]:
        """Return plain values for Rasa's slot."""
        return {**asdict(self), "answers": dict(self.answers)}

    @classmethod
    def of_slot(cls, value: Mapping[str, Any] | None) -> State:
        """Read what `as_slot` gave; nothing is an empty check."""
        return cls(**value) if value else cls()


@dataclass(frozen=True)
class Turn:
    """What a message led to.

    Attributes:
        state: where the person stands now; the check listens on if it `waits`.
        messages: what is said, in order.
        taken: False where the message was not for the check: others answer it, and `ask_again` follows.
        forget: whether everything that is stored of this conversation is to be deleted.
        danger: whether somebody is in danger by the person's own answers: there is no other result after that.
    """

    state: State
    messages: list[Message]
    taken: bool = True
    forget: bool = False
    danger: bool = False

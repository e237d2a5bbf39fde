"""Which model may be published, and why not; pure but for the files in models/."""

from __future__ import annotations

from dataclasses import dataclass

from helpline.publishing import cases
from helpline.publishing.models import ModelError, Record, Shape, digest_of, published, record_of
from helpline.training import LiveModel

_NAMED = 5


@dataclass(frozen=True)
class Order:
    """What shall be published.

    Attributes:
        model: its file name in models/.
        sha256: of the archive that was checked.
        by: who publishes.
        why: their reason.
        back: whether it is a way back to a model that was live before.
        accept_missed: for the way back, that the messages of danger which it would miss were shown and accepted.
    """

    model: str
    sha256: str
    by: str
    why: str
    back: bool = False
    accept_missed: bool = False


def admissible(order: Order, live: LiveModel | None) -> Record:
    """Return the record of a model that may be published in the place of `live`; reads whole archives.

    Raises:
        ModelError: if it may not be published, with the reason.
        OSError: if a file cannot be read.
    """
    record = record_of(order.model)
    if digest_of(record.path) != record.sha256 or record.sha256 != order.sha256:
        raise ModelError(f"{order.model} is damaged or was changed after it was checked.")
    if live is None:
        return record
    if live.model == order.model:
        raise ModelError(f"{order.model} is live already.")
    before = record_of(live.model)
    if lost := losses(record.shape, before.shape):
        raise ModelError(
            "Conversations under way rely on what it lacks: "
            + ", ".join(lost)
            + ". Put it back, or ask the developers."
        )
    if order.back:
        if order.model not in published(live)[1:]:
            raise ModelError(f"{order.model} was not live before; check and publish it instead.")
        if not order.accept_missed and (missed := missed_by(order.model, live.model)):
            raise ModelError(
                f"{len(missed)} messages of danger that the live model hears would be missed: {_some(missed)}. "
                "Publish a new model instead, or accept this."
            )
        return record
    if record.verdict is None:
        raise ModelError(f"{order.model} has not been through the gate.")
    if not record.verdict.passed:
        raise ModelError(f"The gate stopped {order.model}: " + " ".join(record.verdict.stops[:_NAMED]))
    if record.verdict.against != digest_of(before.path):
        raise ModelError("Another model has been published since the gate: run the gate again.")
    return record


def losses(shape: Shape, before: Shape) -> list[str]:
    """Return what a model lacks, or has of another type, of what stored conversations may hold."""
    lost = [f"slot {name}" for name in sorted(set(before.slots) - set(shape.slots))]
    lost += [
        f"slot {name} as {kind}"
        for name, kind in sorted(before.slots.items())
        if name in shape.slots and shape.slots[name] != kind
    ]
    lost += [f"form {name}" for name in sorted(set(before.forms) - set(shape.forms))]
    return lost + [f"action {name}" for name in sorted(set(before.actions) - set(shape.actions))]


def missed_by(model: str, live: str) -> list[str]:
    """Return the messages of danger in the test sets that a model misses and the live one hears.

    Raises:
        ModelError: if one of them was not tried on all that the other was, with the code as it is now.
    """
    theirs, ours = cases.stored(model), cases.stored(live)
    danger = {key: ran for key, ran in ours.items() if ran.of in (cases.CRISIS, cases.EXPLICIT) and ran.right}
    if not danger or set(danger) - set(theirs):
        raise ModelError(f"{model} and {live} have not been compared yet: `helpline rollback` does that first.")
    return sorted(ran.text for key, ran in danger.items() if not theirs[key].right)


def named_live(order: Order, record: Record, now: str, earlier: tuple[str, ...]) -> LiveModel:
    """Return what models/live.json says once the order is done."""
    return LiveModel(
        model=record.model,
        data_sha256=record.data_sha256,
        trained_at=record.trained_at,
        sha256=record.sha256,
        published_at=now,
        published_by=order.by,
        why=order.why,
        earlier=earlier,
    )


def _some(texts: list[str]) -> str:
    more = len(texts) - _NAMED
    return "; ".join(repr(text) for text in texts[:_NAMED]) + (f" and {more} more" if more > 0 else "")

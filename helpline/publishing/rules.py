"""Which model may be published and by whom, and why not; reads models/, the test sets and git, and changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Collection

from helpline.publishing import cases, history
from helpline.publishing.models import ModelError, Record, Shape, Verdict, digest_of, published, record_of
from helpline.training import LiveModel

_NAMED = 5
_NO_WAY = "{model} was never live, or was taken back: `helpline gate {model}` checks it; then it can be published."
_OWN = "Somebody else must publish this: you made one of the changes in it."
_UNSIGNED = "Some of the data were changed without a name to the change: commit them, and train again."
_UNKNOWN = "Whose changes it holds cannot be told: {error} Train again; else begin afresh, as docs/publishing.md says."


@dataclass(frozen=True)
class Order:
    """What shall be published.

    Attributes:
        model: its file name in models/.
        sha256: of the archive that was checked.
        by: who publishes.
        why: their reason.
        back: whether it is a way back to a model that was live before.
    """

    model: str
    sha256: str
    by: str
    why: str
    back: bool = False


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
        check_way_back(record, live)
        if missed := missed_by(order.model, live.model):
            raise ModelError(
                f"{len(missed)} messages of danger that the live model hears would be missed: {_some(missed)}. "
                "Undo what went wrong, train, and publish that instead."
            )
        return record
    if record.verdict is None:
        raise ModelError(f"{order.model} has not been through the gate.")
    if not record.verdict.passed:
        raise ModelError(f"The gate stopped {order.model}: " + " ".join(record.verdict.stops[:_NAMED]))
    if is_outdated(record.verdict, live) or record.verdict.against != digest_of(before.path):
        raise ModelError("Another model has been published since the gate: run the gate again.")
    return record


def check_way_back(record: Record, live: LiveModel) -> None:
    """Check that a model is one to go back to.

    Raises:
        ModelError: if not, with the reason.
    """
    if record.model == live.model:
        raise ModelError(f"{record.model} is live already.")
    if record.model not in published(live)[1:]:
        raise ModelError(_NO_WAY.format(model=record.model))


def is_outdated(verdict: Verdict, live: LiveModel) -> bool:
    """Tell whether another model went live after the gate, be it the one again that the gate compared with."""
    return verdict.at < live.published_at or live.sha256 not in ("", verdict.against)


def own_work(record: Record, live: LiveModel | None, names: Collection[str]) -> str:
    """Return why a person may not publish a model: a change in it is theirs or nobody's; "" where they may.

    Args:
        record: the model's.
        live: what is live; without it all is new, and nobody could be found to look at it.
        names: how git may call the person.
    """
    if live is None:
        return ""
    if record.commit.endswith("+"):
        return _UNSIGNED
    try:
        made = history.changes(record_of(live.model).commit, record.commit)
    except history.HistoryError as error:
        return _UNKNOWN.format(error=error)
    owners = {owner for change in made for owner in change.owners}
    return _OWN if any(history.same(owner, name) for owner in owners for name in names) else ""


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
        OSError: if a test set is missing.
    """
    theirs, ours = cases.stored(model), cases.stored(live)
    # Of what was taken out of the test sets, the older model may not have been asked.
    there = {case.key for case in cases.all_cases() if case.of in (cases.CRISIS, cases.EXPLICIT)}
    danger = {key: ran for key, ran in ours.items() if key in there and ran.right}
    if not danger or set(danger) - set(theirs):
        raise ModelError(f"{model} and {live} have not been compared on the test messages yet; going back does that.")
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

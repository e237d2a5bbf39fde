"""What a message means: files it under a topic, sets it aside, or keeps it for a topic that is still wanted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Mapping

from helpline.authoring import examples, notes, tested
from helpline.authoring.catalogue import GUARDED_GROUPS, Catalogue, Example, current
from helpline.authoring.errors import FiledElsewhereError, NeedlessError, RefusedError
from helpline.authoring.examples import Block
from helpline.authoring.repository import Change, Commit, Repository
from helpline.authoring.texts import bare, mark, marks, name_of, reason_of, tidy, title_of
from helpline.crisis.rules import Rules, best
from helpline.crisis.taxonomy import RuleHit, Tier

REVIEW = "data/review"
_COMMENTS = {
    "faq": "Messages of visitors that the article answers, filed by staff.",
    "not_covered": "Messages of visitors that the article does not answer, filed by staff.",
    "follow_ups": "Messages of visitors that lean on the turn before, filed by staff; `after` names its topic.",
    "crisis": "Messages of danger, each filed by two of the staff.",
    "support": "Messages of distress without danger, each filed by two of the staff.",
    "near_miss": "Messages that sound like danger and are not, each filed by two of the staff.",
}


@dataclass(frozen=True)
class Standing:
    """What is known of a message before it is filed.

    Attributes:
        text: as it would be kept.
        filed: where it stands already.
        danger: the rule that hears danger in it, or None.
        heard: the tier of the danger that the assistant heard in it, as its queue has it; "" for none.
        held_out: whether a test set holds it.
        aside: the note that sets it aside, or None.
    """

    text: str
    filed: tuple[Example, ...]
    danger: RuleHit | None
    heard: str
    held_out: bool
    aside: dict[str, Any] | None


def standing(repository: Repository, text: str, after: str | None = None) -> Standing:
    """Return what is known of a message.

    Raises:
        RefusedError: if it is no message that could be kept.
    """
    heard = repository.heard(marks(text))
    # What came with the assistant, and the test sets, hold names that are made up.
    spelled = dict.fromkeys((bare(tidy(text)), bare(text)))
    text = tidy(text)
    catalogue = current(repository.root)
    filed = tuple(example for words in spelled for example in catalogue.by_words.get((after, words), ()))
    aside = next((note for note in notes.rows(repository.read(notes.SET_ASIDE)) if note["mark"] == mark(text)), None)
    held_out = not catalogue.held_out.isdisjoint(spelled)
    return Standing(text, filed, danger_in(text), heard, held_out, aside)


def file_under(
    repository: Repository,
    author: str,
    reason: str,
    text: str,
    label: str,
    *,
    after: str | None = None,
    move: bool = False,
    again: bool = False,
    heard: str = "",
) -> Commit:
    """File a message under a topic, so that the next training learns it.

    Args:
        repository: the project.
        author, reason: who and why.
        text: the message; personal data are taken out of it.
        label: such as ``faq/medicaid``.
        after: label of the topic before it, where it only makes sense after that one.
        move: whether to take it from where it stands now.
        again: whether to file it though somebody set it aside.
        heard: the tier of danger that the assistant heard in it where it comes from, if any; what its queue has in the
            same words counts anyway.

    Raises:
        RefusedError: with a plain reason; nothing was written.
    """
    return repository.apply(
        author, reason, lambda: filing(repository, text, label, after=after, move=move, again=again, heard=heard)
    )


def filing(repository: Repository, text: str, label: str, **options: Any) -> Change:
    """Return the change that files a message; see `file_under` for the options.

    Raises:
        RefusedError: with a plain reason.
    """
    files: dict[str, str | None] = {}
    verb = add_to(repository, files, text, label, **options)
    return checked(repository, Change("annotation", f"{verb} a message: {label}", files))


def add_to(
    repository: Repository,
    files: dict[str, str | None],
    text: str,
    label: str,
    *,
    after: str | None = None,
    move: bool = False,
    again: bool = False,
    heard: str = "",
) -> str:
    """File a message among the files of a change, and return in a word what that is: Add, or Move.

    Raises:
        RefusedError: with a plain reason.
    """
    catalogue = current(repository.root)
    _require_label(catalogue, label)
    if after is not None and after not in catalogue.answers:
        raise RefusedError(f"There is no topic {after} that this message could follow.")
    known = standing(repository, text, after)
    _refuse_unfit(known, heard)
    if known.aside is not None and not again:
        raise RefusedError(
            f"{known.aside['by']} set this message aside on {known.aside['on']} ({known.aside['why']}). "
            "File it only if you are sure that it should come back."
        )
    for example in known.filed:
        if example.label == label:
            raise NeedlessError(f"This message is filed under {label} already, in {example.file}.")
        if example.label.split("/", 1)[0] in GUARDED_GROUPS:
            raise RefusedError(f"This message is filed under {example.label}; that can be changed by two people only.")
        if not move:
            raise FiledElsewhereError(
                f"This message is filed under {example.label} in {example.file}. Move it, or leave it there."
            )
        take(repository, files, example)
    put(repository, files, Block(label, after), known.text)
    if after is None:
        test_as(repository, files, known.text, label)
    if known.aside is not None:
        files[notes.SET_ASIDE] = notes.without(read(repository, files, notes.SET_ASIDE), known.aside)
    return "Move" if known.filed else "Add"


def set_aside(repository: Repository, author: str, reason: str, text: str, after: str | None = None) -> Commit:
    """Note that a message is not for training, and take it out of the files if it is there.

    The note keeps a fingerprint and not the words; the reason must hold nothing personal either.

    Raises:
        RefusedError: with a plain reason; nothing was written.
    """

    def make() -> Change:
        known = standing(repository, text, after)
        if known.aside is not None and not known.filed:
            raise NeedlessError(f"{known.aside['by']} set this message aside already, on {known.aside['on']}.")
        files: dict[str, str | None] = {}
        for example in known.filed:
            if example.label.split("/", 1)[0] in GUARDED_GROUPS:
                raise RefusedError(
                    f"This message is filed under {example.label}; only two people together can take it out."
                )
            take(repository, files, example)
        if after is None:
            test_as(repository, files, known.text, None)
        if known.aside is None:
            note = {"mark": mark(known.text), "by": author, "on": notes.today(), "why": reason_of(reason)}
            files[notes.SET_ASIDE] = notes.added(repository.read(notes.SET_ASIDE), note)
        taken = f": {known.filed[0].label}" if known.filed else ""
        return checked(repository, Change("annotation", f"Set a message aside{taken}", files))

    return repository.apply(author, reason, make)


def want_topic(repository: Repository, author: str, reason: str, text: str, title: str, heard: str = "") -> Commit:
    """Keep a message for a topic that is not there yet; the topic's page gathers them until there are enough.

    Raises:
        RefusedError: with a plain reason; nothing was written.
    """

    def make() -> Change:
        known = standing(repository, text)
        _refuse_unfit(known, heard)
        if known.filed:
            raise RefusedError(f"This message is filed under {known.filed[0].label}; set it aside there first.")
        words = title_of(title)
        name = name_of(words)
        source = repository.read(notes.WANTED)
        old = next((note for note in notes.rows(source) if note["name"] == name), None)
        if old is not None and bare(known.text) in map(bare, old["messages"]):
            raise NeedlessError("This message waits for that topic already.")
        if old is None:
            new = {"name": name, "title": words, "by": author, "on": notes.today()}
            content: str | None = notes.added(source, {**new, "messages": [known.text]})
        else:
            content = notes.replaced(source, old, [{**old, "messages": [*old["messages"], known.text]}])
        return Change("annotation", f"Keep a message for a new topic: {name}", {notes.WANTED: content})

    return repository.apply(author, reason, make)


def put(repository: Repository, files: dict[str, str | None], block: Block, text: str) -> None:
    """Add a message to its review file, among the files of a change."""
    group = "follow_ups" if block.after else block.label.split("/", 1)[0]
    path = f"{REVIEW}/{group}.yml"
    source = read(repository, files, path)
    comment = _COMMENTS.get(group, f"Messages of visitors filed under {group.replace('_', ' ')} by staff.")
    files[path] = examples.add(source or examples.header(comment), block, text)


def take(repository: Repository, files: dict[str, str | None], example: Example) -> None:
    """Take a message out of its file, among the files of a change; a review file without messages goes."""
    path = example.file
    source = read(repository, files, path)
    if source is None:
        raise RefusedError(f"{path} is gone. Look at it again.")
    left = examples.take_out(source, example.block, example.text)
    files[path] = left if examples.messages(left) or not path.startswith(f"{REVIEW}/") else None


def test_as(repository: Repository, files: dict[str, str | None], text: str, label: str | None) -> None:
    """Let the tests made of stories say what a message means now, among the files of a change; None takes it out."""
    source = read(repository, files, tested.TESTS)
    if bare(text) in tested.topics_of(source):
        files[tested.TESTS] = tested.filed_anew(source, text, label)


def read(repository: Repository, files: Mapping[str, str | None], path: str) -> str | None:
    """Return a file as a change has it, or as it is."""
    return files[path] if path in files else repository.read(path)


def checked(repository: Repository, change: Change) -> Change:
    """Return a change that brings no contradiction into data/.

    Raises:
        RefusedError: if it does.
    """
    before = set(current(repository.root).problems())
    new = [line for line in Catalogue(repository.root, change.files).problems() if line not in before]
    if new:
        raise RefusedError(" ".join(new[:3]))
    return change


def danger_in(text: str) -> RuleHit | None:
    """Return the most urgent rule that hears danger in a message, without a trained model."""
    hit = best(_rules().match(text))
    return hit if hit is not None and hit.tier >= Tier.T2S else None


@lru_cache(maxsize=1)
def _rules() -> Rules:
    return Rules()


def sounds_dangerous(known: Standing, heard: str = "") -> bool:
    """Tell whether a rule hears danger in a message, or the assistant did (`heard`: the tier elsewhere, or "")."""
    tiers = [Tier.of(tier) for tier in (known.heard, heard) if tier]
    return known.danger is not None or any(tier >= Tier.T2S for tier in tiers)


def _refuse_unfit(known: Standing, heard: str) -> None:
    """Refuse what one person alone may not teach, and what must not be learned at all."""
    if sounds_dangerous(known, heard):
        kind = f" ({known.danger.category.replace('_', ' ')})" if known.danger else ""
        raise RefusedError(
            f"This message sounds like danger{kind}, so that one person alone cannot file it under a topic. "
            "If it is no danger, propose it as a near miss; a second person confirms it."
        )
    if known.held_out:
        raise RefusedError("This message is in the frozen test set. Learning it would make the test worthless.")


def _require_label(catalogue: Catalogue, label: str) -> None:
    if label.split("/", 1)[0] in GUARDED_GROUPS:
        raise RefusedError("Messages of danger, of distress and near misses need two people: propose it instead.")
    if label not in catalogue.labels:
        raise RefusedError(f"There is no topic {label}. Search for it, or ask for a new one.")

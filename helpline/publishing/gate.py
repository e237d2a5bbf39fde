"""The gate: trains a candidate, tries it beside the live model in every way we know, and says if it may go live."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Callable

import sqlalchemy as sa

from helpline import settings, training
from helpline.publishing import cases, examples, frozen, history, models, play, project_checks, replay, report
from helpline.publishing.cases import Case, Results
from helpline.publishing.models import ModelError, Record, Verdict
from helpline.publishing.progress import CHECK, PLAY, REPORT, TRAIN, Progress, Training
from helpline.publishing.verdict import Check, compare, shapes, stops
from helpline.settings import ROOT
from helpline.storage.database import open_engine
from helpline.training import LiveModel, TrainingError, live_model

_AFRESH = "If it cannot be helped, a developer begins afresh: docs/publishing.md says how."


class _StoppedError(Exception):
    """The files have faults: training on is of no use."""


def make(progress: Progress) -> Record:
    """Train a candidate on the data as they are, take it through the gate and return its record with the verdict.

    Raises:
        TrainingError: if no model came of it; the message says why.
    """
    progress.step(CHECK)
    first = project_checks.danger_goes_first()
    if not first.passed:
        raise TrainingError(first.stop)
    lines: list[str] = []
    heard = Training()
    with ThreadPoolExecutor(max_workers=1) as pool:
        files = pool.submit(_files)

        def listen(line: str) -> None:
            lines.append(line)
            if files.done() and not all(check.passed for check in files.result()):
                raise _StoppedError
            if heard.hear(line):
                progress.within(heard.share, heard.detail)

        progress.step(TRAIN)
        try:
            trained = training.train(listen)
        except _StoppedError:
            raise TrainingError(" ".join(stops(files.result()))) from None
        except TrainingError as error:
            raise TrainingError(f"Rasa could not train: {_reason(lines)} {_also(files)}".strip()) from error
        record = models.register(trained)
        progress.trained(record.model)
        return check(record, progress, [first, *files.result()])


def check(record: Record, progress: Progress, checked: list[Check] | None = None) -> Record:
    """Take a candidate through the gate and return its record with the verdict, which is kept beside the model.

    Args:
        record: the candidate's.
        progress: hears how far it is.
        checked: what the files' checks found, if they ran already; they hold for the data as they are now.
    """
    live = live_model()
    with ThreadPoolExecutor(max_workers=1) as pool:
        if checked is None:
            progress.step(CHECK)
            checked = [project_checks.danger_goes_first(), *_files()]
        progress.step(PLAY)
        checks = [*checked, *_current(record)]
        tried = pool.submit(_tried, record.path)
        try:
            found, results, before = _played(record, live, progress.within)
        except (play.PlayError, OSError) as error:
            found, results, before = [Check("Test messages", False, str(error))], {}, {}
        checks += found + _replayed(record, live) + tried.result()
    progress.step(REPORT)
    if results:
        cases.store(record.model, results)
    against = models.digest_of(live.path) if live else ""
    verdict = Verdict(
        passed=all(check.passed for check in checks),
        at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        against=against,
        report=(report.FOLDER / record.stem).relative_to(ROOT).as_posix(),
        stops=stops(checks),
    )
    record = replace(record, verdict=verdict)
    report.write(report.FOLDER / record.stem, record, live, checks, results, before)
    # Last: a gate that was cut short leaves no verdict.
    models.keep(record)
    return record


def _files() -> list[Check]:
    # First what takes seconds and finds most.
    found = project_checks.lints()
    return found if not all(check.passed for check in found) else [*found, project_checks.valid()]


def _current(record: Record) -> list[Check]:
    same = record.data_sha256 == training.fingerprint()
    return [Check("Trained on the data as they are", same, "yes" if same else "they have changed: train again")]


def _tried(path: Path) -> list[Check]:
    probed = project_checks.probes(path)
    return probed if not probed[0].passed else [*probed, project_checks.conversations(path)]


def _played(
    record: Record, live: LiveModel | None, tell: Callable[[float], None]
) -> tuple[list[Check], Results, Results]:
    """Return the checks over all cases, the candidate's outcomes and the live model's.

    Raises:
        play.PlayError: if the candidate cannot be played.
        OSError: if a test set is missing.
    """
    known, reviewed = cases.all_cases(), history.reviewed()
    now = models.examples_of(record.model)
    before = models.examples_of(live.model) if live else None
    added: set[examples.Example] = set()
    deleted: list[Case] = []
    if before is not None and now is not None:
        added, _ = examples.changed(before, now)
        # What two people took out need not be heard any more.
        deleted = [case for case in examples.to_keep(before, now) if not reviewed.get(case.text)]
    asked = examples.to_ask(added)
    theirs, problems = _of_live(live, [*known, *deleted, *asked], tell) if live else ({}, [])
    results = play.play(record.path, [*known, *deleted], lambda share: tell(0.5 + share / 2 if live else share))
    checks = [frozen.check(cases.frozen_cases(), theirs.values())]
    checks += compare(results, {key: ran for key, ran in theirs.items() if ran.of != cases.NEW}, known, reviewed)
    if before is not None and now is not None:
        checks += examples.check(added, deleted, theirs)
    elif live is not None:
        problems.append(f"what {live.model if now is not None else record.model} was trained on was not kept")
    try:
        checks += shapes(record.shape, models.record_of(live.model).shape if live else None)
    except ModelError as error:
        problems.append(str(error))
    return checks + _comparable(live, problems), results, theirs


def _comparable(live: LiveModel | None, problems: list[str]) -> list[Check]:
    if live is None:
        return []
    found = f"{'; '.join(problems)}. {_AFRESH}" if problems else "yes"
    return [Check("The live model could be compared", not problems, found)]


def _replayed(record: Record, live: LiveModel | None) -> list[Check]:
    if live is None:
        return []
    harmless = {text for label, text in models.read_examples() if label.split("/")[0] in examples.HARMLESS}
    try:
        engine = open_engine(settings.load().database_url)
        return [replay.run(engine, record.path, live.path, harmless, report.FOLDER / record.stem)]
    except sa.exc.SQLAlchemyError as error:
        # Without the conversations it can still be told what the model does with the test messages.
        return [Check("What visitors wrote this week", True, f"could not be read ({type(error).__name__})")]
    except play.PlayError as error:
        return [Check("What visitors wrote this week", False, str(error))]


def _of_live(live: LiveModel, wanted: list[Case], tell: Callable[[float], None]) -> tuple[Results, list[str]]:
    """Return the live model's outcomes, kept by its own gate or new, and why some are missing."""
    stored = cases.stored(live.model)
    missing = [case for case in wanted if case.key not in stored]
    try:
        fresh = play.play(live.path, missing, lambda share: tell(share / 2))
    except play.PlayError as error:
        # One that this version of the code cannot run.
        return stored, [str(error)]
    of_sets = {case.key: fresh[case.key] for case in missing if case.of not in (cases.NEW, cases.DELETED)}
    if of_sets:
        cases.store(live.model, {**stored, **of_sets})
    return {**stored, **fresh}, []


def _also(files: Future[list[Check]]) -> str:
    return " ".join(stops(files.result()))


def _reason(lines: list[str]) -> str:
    """Return the lines of Rasa that say why, in one."""
    telling = [line.strip() for line in lines if any(word in line for word in ("Error", "Exception", "Contradicting"))]
    return " ".join(telling[-2:]) or next((line.strip() for line in reversed(lines) if line.strip()), "no message")

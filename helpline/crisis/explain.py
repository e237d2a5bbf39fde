"""How the crisis detector came to a decision, for the terminal: matched words in colour, rules, scores, outcome."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Sequence

import click
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.shared.nlu.training_data.message import Message

from helpline.crisis.detector import load_rules
from helpline.crisis.score import Scored
from helpline.crisis.taxonomy import Detection, RuleHit
from helpline.nlu.crisis_detector import DETECTION, CrisisDetector
from helpline.nlu.reading import READING, Reading
from helpline.nlu.sentence_encoder import SentenceEncoder

_COLOURS = {"T3": "red", "T2": "red", "T2s": "yellow", "T1": "blue", "T0": "green"}


def explanation(text: str, model: Path) -> str:
    """Return how the detector of a model archive reads `text`."""
    with TemporaryDirectory() as folder:
        storage, metadata = LocalModelStorage.from_model_archive(Path(folder), model)
        context = ExecutionContext(GraphSchema({}), metadata.model_id)
        components = [
            kind.load({}, storage, node.resource, context)
            for kind in (SentenceEncoder, CrisisDetector)
            for name, node in metadata.predict_schema.nodes.items()
            if kind.__name__ in name
        ]
        encoder, detector = components
        message = detector.process(encoder.process([Message.build(text)]))[0]
        reading = message.get(READING)
        return render(text, reading, message.get(DETECTION), load_rules().match(text), detector.scores(reading))


def render(text: str, reading: Reading, found: Detection, hits: Sequence[RuleHit], scores: Sequence[Scored]) -> str:
    """Return the explanation: `scores` are those of the whole message and of its clauses."""
    kind = " or ".join(found.in_doubt or (found.category,))
    outcome = f"{found.tier.code} {kind}, subject {found.subject}, language {found.language}"
    lines = [click.style(outcome, fg=_COLOURS[found.tier.code], bold=True), "", marked(text, hits), ""]
    lines += [f"rule {hit.rule}: {hit.tier.code} {text[hit.begin : hit.end]!r}" for hit in hits] or ["No rule matches."]
    lines += ["", "danger  support  likeliest                read"]
    for part, scored in zip((reading.text, *reading.clauses), scores, strict=True):
        likeliest = f"{scored.tier.code} {scored.category}"
        lines.append(f"{scored.danger:6.3f}  {scored.support:7.3f}  {likeliest:<24} {part}")
    return "\n".join(lines)


def marked(text: str, hits: Sequence[RuleHit]) -> str:
    """Return the message with the words that rules matched in colour."""
    inside = [any(hit.begin <= place < hit.end for hit in hits) for place in range(len(text))]
    pieces, begin = [], 0
    for place in range(1, len(text) + 1):
        if place == len(text) or inside[place] != inside[begin]:
            piece = text[begin:place]
            pieces.append(click.style(piece, fg="red", bold=True) if inside[begin] else piece)
            begin = place
    return "".join(pieces)

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from rasa.shared.importers.importer import TrainingDataImporter

FILES = {
    "data/one.yml": """
version: "3.1"
nlu:
- intent: faq/medicaid
  examples: |
    - does medicaid pay
    - will medicaid pay
- intent: faq/medicaid
  metadata: {after: faq/medicaid}
  examples: |
    - and if not
responses:
  utter_faq/medicaid:
  - text: It may.
""",
    "data/two.yml": """
version: "3.1"
nlu:
- intent: smalltalk
  examples: |
    - hello
    - hello
""",
    "domain.yml": """
version: "3.1"
intents: [smalltalk]
""",
}


@pytest.fixture
def importer(tmp_path: Path, request: pytest.FixtureRequest) -> TrainingDataImporter:
    (tmp_path / "data").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    paths = {"domain_path": str(tmp_path / "domain.yml"), "training_data_paths": [str(tmp_path / "data")]}
    importers = [{"name": "helpline.nlu.importer.FileImporter"}] if request.param == "ours" else []
    return TrainingDataImporter.load_from_dict({"importers": importers}, **paths)


@pytest.mark.parametrize("importer", ["ours", "rasas"], indirect=True)
def test_it_reads_what_rasas_importer_reads(importer: TrainingDataImporter) -> None:
    data = importer.get_nlu_data()
    assert sorted(message.get("text") for message in data.intent_examples) == [
        "and if not",
        "does medicaid pay",
        "hello",
        "will medicaid pay",
    ]
    assert data.responses["utter_faq/medicaid"][0]["text"] == "It may."
    assert importer.get_domain().retrieval_intents == ["faq"]
    after = next(message for message in data.intent_examples if message.get("text") == "and if not")
    assert after.get("metadata")["intent"]["after"] == "faq/medicaid"


@pytest.mark.parametrize("importer", ["ours"], indirect=True)
def test_messages_are_shared_and_know_when_they_changed(importer: TrainingDataImporter) -> None:
    message = importer.get_nlu_data().intent_examples[0]
    before = message.fingerprint()
    assert copy.deepcopy(message) is message
    message.set("intent", message.get("intent"))
    assert message.fingerprint() == before
    message.set("reading", "new")
    assert message.fingerprint() != before

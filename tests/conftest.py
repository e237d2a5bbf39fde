"""Fixtures that several test modules share. Rasa is imported inside them, so that pure tests start at once."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, settings

from helpline.nlu.encoder import Encoder, build
from helpline.nlu.weights import load_adapted

# The tests may share their machine: how long an example takes is for `make bench`.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# Small, but with everything the components tell apart: topics, follow-ups, small talk and one topic not covered.
_TRAINING = """
version: "3.1"
nlu:
- intent: faq/medicaid
  examples: |
    - does medicaid pay for the program
    - will medicaid cover treatment
    - can i use my medicaid card
    - i have medicaid, is the program paid
    - medicaid coverage for treatment
- intent: faq/session_frequency
  examples: |
    - how many days a week are the sessions
    - how often do i have to come
    - how many hours is one session
    - is it every day of the week
    - sessions per week
- intent: faq/family_therapy
  examples: |
    - can my mother join the family therapy
    - is there therapy for the whole family
    - are parents part of family sessions
    - do relatives take part in therapy
    - family counseling with my parents
- intent: not_covered/price
  examples: |
    - what is the price in dollars
    - how much money does it cost
    - what would i pay in dollars
    - tell me the price
    - how expensive is it
- intent: smalltalk/thanks
  examples: |
    - thanks
    - thank you so much
    - thanks a lot
    - great, thank you
    - many thanks
- intent: faq/session_frequency
  metadata: {after: faq/session_frequency}
  examples: |
    - and how long is each
    - every day
    - what about weekends
- intent: faq/medicaid
  metadata: {after: faq/medicaid}
  examples: |
    - and if they refuse
    - only that one
    - who gets it
responses:
  utter_faq/medicaid:
  - text: Medicaid may help to pay.
    metadata: {question: "Does Medicaid pay for an IOP?"}
  utter_faq/session_frequency:
  - text: Several times a week.
    metadata: {question: "How often are the sessions?"}
  utter_faq/family_therapy:
  - text: Families can take part.
    metadata: {question: "Is there family therapy?"}
  utter_not_covered/price:
  - text: There are no prices in the article.
    metadata: {question: "How much does it cost?"}
"""


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    """The encoder; building its graph takes seconds."""
    graph = tmp_path_factory.mktemp("encoder") / "encoder.onnx"
    build(load_adapted()[0], graph)
    return Encoder(graph)


@pytest.fixture(scope="session")
def component_parts(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple]:
    """Return a maker of what Rasa hands to a component: storage, resource and context; one storage for all."""
    from rasa.engine.graph import ExecutionContext, GraphSchema
    from rasa.engine.storage.local_model_storage import LocalModelStorage
    from rasa.engine.storage.resource import Resource

    storage = LocalModelStorage.create(tmp_path_factory.mktemp("storage"))
    return lambda name: (storage, Resource(name), ExecutionContext(GraphSchema({}), "tests"))


@pytest.fixture(scope="session")
def trained_encoder(component_parts: Callable[[str], tuple]) -> SimpleNamespace:
    """A trained SentenceEncoder, its parts, and the training data with a reading each."""
    from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader

    from helpline.nlu.sentence_encoder import SentenceEncoder

    parts = component_parts("encoder")
    data = RasaYAMLReader().reads(_TRAINING)
    component = SentenceEncoder.create({}, *parts)
    component.train(data)
    return SimpleNamespace(component=component, parts=parts, data=component.process_training_data(data))


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'folder' / 'conversations.db'}"


@pytest.fixture
def free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        for probe in (first, second):
            probe.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]

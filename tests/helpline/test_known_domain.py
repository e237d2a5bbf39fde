"""The policies get the domain of an archive's metadata, which is the one that Rasa would read from its YAML."""

from __future__ import annotations

from pathlib import Path

import pytest
from rasa.engine.graph import ExecutionContext, GraphModelConfiguration, GraphSchema, SchemaNode
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.graph_components.providers.domain_provider import DomainProvider
from rasa.shared.core.domain import Domain
from rasa.shared.data import TrainingType

from helpline.known_domain import KnowingStorage
from helpline.processor import InOrderRunner

DOMAIN = """
version: "3.1"
intents: [crisis]
slots:
  crisis_seen: {type: bool, mappings: [{type: custom}]}
responses:
  utter_crisis/self_harm: [{text: "Call or text 988 \u2764 ¿sí?\\n\\n1-800-662-HELP (4357)"}]
actions: [action_escalate_crisis]
session_config: {session_expiration_time: 60, carry_over_slots_to_new_session: true}
"""
RESOURCE = Resource("domain_provider")
SCHEMA = GraphSchema(
    {
        "domain_provider": SchemaNode(
            {}, DomainProvider, "load", "provide_inference", {}, eager=True, is_target=True, resource=RESOURCE
        )
    }
)


def archive(folder: Path, domain: Domain) -> Path:
    (folder / "packed").mkdir()
    storage = LocalModelStorage(folder / "packed")
    DomainProvider(storage, RESOURCE)._persist(domain)
    configuration = GraphModelConfiguration(
        SCHEMA, SCHEMA, TrainingType.BOTH, None, None, "en", "domain_provider", "domain_provider"
    )
    storage.create_model_package(folder / "model.tar.gz", configuration, domain)
    return folder / "model.tar.gz"


# Rasa says so of every domain with slots.
@pytest.mark.filterwarnings("ignore:Slot auto-fill has been removed:UserWarning")
def test_the_domain_is_that_of_the_metadata_and_no_other(tmp_path: Path) -> None:
    domain = Domain.from_yaml(DOMAIN)
    path, found = archive(tmp_path, domain), []
    for kind in (LocalModelStorage, KnowingStorage):
        (tmp_path / kind.__name__).mkdir()
        storage, metadata = kind.from_model_archive(tmp_path / kind.__name__, path)
        runner = InOrderRunner.create(SCHEMA, storage, ExecutionContext(SCHEMA, "model"))
        found.append(runner.run()["domain_provider"])
    assert found[1] is metadata.domain
    assert found[0] is not found[1]
    assert found[0].as_dict() == found[1].as_dict() == domain.as_dict()
    assert found[0].fingerprint() == found[1].fingerprint()

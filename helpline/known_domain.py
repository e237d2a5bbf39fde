"""Loads a model with the domain that its archive's metadata hold, read already; Rasa would read it from YAML again.

That takes two of the three seconds of pure Python in which a model that is loaded beside the live one makes visitors
wait. `rasa.core.processor` itself serves the metadata's domain; the policies get the same one here.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelMetadata, ModelStorage
from rasa.graph_components.providers.domain_provider import DomainProvider
from rasa.shared.core.domain import Domain


class KnowingStorage(LocalModelStorage):
    """What an archive holds, with the domain of its metadata."""

    domain: Domain

    @classmethod
    def from_model_archive(
        cls, storage_path: Path, model_archive_path: str | Path
    ) -> tuple[KnowingStorage, ModelMetadata]:
        """Unpack an archive, as Rasa does."""
        storage, metadata = super().from_model_archive(storage_path, model_archive_path)
        storage.domain = metadata.domain
        return storage, metadata


class KnownDomain(DomainProvider):
    """Gives the policies the domain of the metadata."""

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: KnowingStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> KnownDomain:
        """Take the domain from the storage."""
        return cls(model_storage, resource, model_storage.domain)


def with_known_domain(schema: GraphSchema, storage: ModelStorage) -> GraphSchema:
    """Return the graph with `KnownDomain` in the place of Rasa's provider, where the storage knows the domain."""
    if not isinstance(storage, KnowingStorage):
        return schema
    nodes = {
        name: replace(node, uses=KnownDomain) if node.uses is DomainProvider else node
        for name, node in schema.nodes.items()
    }
    return GraphSchema(nodes)

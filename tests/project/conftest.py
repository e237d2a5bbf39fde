"""What the project's files hold, each read once."""

import pytest
from project_files import Example, Response, read_examples, read_facts, read_responses


@pytest.fixture(scope="session")
def facts() -> dict[str, tuple[str, list[str]]]:
    return read_facts()


@pytest.fixture(scope="session")
def responses() -> list[Response]:
    return read_responses()


@pytest.fixture(scope="session")
def topics(responses: list[Response]) -> list[Response]:
    return [response for response in responses if response.is_topic]


@pytest.fixture(scope="session")
def faq(topics: list[Response]) -> list[Response]:
    return [topic for topic in topics if topic.label.startswith("faq/")]


@pytest.fixture(scope="session")
def examples() -> list[Example]:
    return read_examples()

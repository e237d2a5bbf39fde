"""Every fact of the document is told by a topic, in words that say it, under the heading that it stands under."""

from project_files import Response, read_headings

Facts = dict[str, tuple[str, list[str]]]


def test_the_document_has_its_facts(facts: Facts) -> None:
    assert sorted(facts) == [f"F{number:03}" for number in range(1, 117)]


def test_every_fact_has_key_terms(facts: Facts) -> None:
    assert [name for name, (_, key) in facts.items() if not key or not all(term.strip() for term in key)] == []


def test_every_fact_is_told_by_a_topic(facts: Facts, faq: list[Response]) -> None:
    told = {name for topic in faq for name in topic.metadata["facts"]}
    assert sorted(set(facts) - told) == []


def test_every_topic_tells_facts_of_the_document(facts: Facts, faq: list[Response]) -> None:
    wrong = {
        topic.label: topic.metadata.get("facts")
        for topic in faq
        if not topic.metadata.get("facts") or set(topic.metadata["facts"]) - set(facts)
    }
    assert wrong == {}


def test_the_text_of_a_topic_has_the_key_terms_of_its_facts(facts: Facts, topics: list[Response]) -> None:
    missing = [
        f"{topic.label}: {name} needs {term!r}"
        for topic in topics
        for name in topic.metadata.get("facts", ())
        for term in facts[name][1]
        if not any(word.strip().lower() in topic.text.lower() for word in term.split("|"))
    ]
    assert missing == []


def test_every_topic_cites_the_headings_of_its_facts(facts: Facts, topics: list[Response]) -> None:
    missing = [
        f"{topic.label}: {name} stands under {facts[name][0]!r}"
        for topic in topics
        for name in topic.metadata.get("facts", ())
        if facts[name][0] not in topic.metadata["citations"]
    ]
    assert missing == []


def test_every_answer_from_the_document_cites_it(faq: list[Response]) -> None:
    assert [topic.label for topic in faq if not topic.metadata["citations"]] == []


def test_only_headings_of_the_document_are_cited(topics: list[Response]) -> None:
    headings = read_headings()
    unknown = [
        f"{topic.label}: {heading}"
        for topic in topics
        for heading in topic.metadata["citations"]
        if heading not in headings
    ]
    assert unknown == []


def test_no_heading_is_cited_twice_by_a_topic(topics: list[Response]) -> None:
    repeated = [
        topic.label for topic in topics if len(set(topic.metadata["citations"])) < len(topic.metadata["citations"])
    ]
    assert repeated == []

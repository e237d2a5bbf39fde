"""Rasa's importer reads what staff wrote: messages with their context, topics, stories; and no notes."""

import shutil
from pathlib import Path

import pytest

from helpline.authoring import annotate, crisis, stories, topics
from helpline.authoring.repository import Repository
from helpline.authoring.stories import Turn
from helpline.settings import ROOT

WHY = "for the importer"


# Of any project that has custom slots.
@pytest.mark.filterwarnings("ignore:Slot auto-fill:UserWarning")
def test_rasa_reads_what_staff_wrote(repository: Repository, root: Path) -> None:
    from rasa.shared.importers.importer import TrainingDataImporter

    shutil.copy(ROOT / "config.yml", root)
    annotate.file_under(repository, "ann", WHY, "# does: my 'card' count? [x](y)", "faq/medicaid")
    annotate.set_aside(repository, "ann", WHY, "where do we park")
    annotate.want_topic(repository, "ann", WHY, "is there a pool", "Gym")
    crisis.propose(repository, "ann", WHY, "the rope is back out of the shed", "crisis/suicide_active", subject="other")
    crisis.confirm(repository, "bob", WHY, "the rope is back out of the shed")
    crisis.propose(repository, "ann", WHY, "the rope swing is back", "near_miss")
    turns = [
        Turn("does medicaid pay for it", "faq/medicaid", "faq/medicaid"),
        Turn("and if they cut me off", "faq/uninsured_grants", "faq/medicaid", leans=True),
        Turn("i want to die", "crisis/suicide_active", "crisis/suicide_active", "T2"),
    ]
    stories.create(repository, "ann", WHY, "Cut off: and then?", turns)
    messages = [f"is there a gym on floor {letter}" for letter in "abcdefghijklmnopqrst"]
    draft = topics.draft(
        *("not_covered", "Gym: sports"),
        text="The article doesn't say. Ask the center: it knows.",
        question="Is there a gym?",
        citations=["Seeking Help"],
        suggestions=["medicaid"],
    )
    topics.create(repository, "ann", WHY, draft, messages)

    # Warnings are errors here: Rasa would warn of a file or an entry that it does not know.
    importer = TrainingDataImporter.load_from_dict(
        {}, str(root / "config.yml"), str(root / "domain.yml"), [str(root / "data")]
    )
    nlu = importer.get_nlu_data()
    read = {
        message.get("text"): (
            message.get("intent_response_key") or message.get("intent"),
            (message.get("metadata") or {}).get("intent"),
        )
        for message in nlu.training_examples
    }
    assert read["# does: my 'card' count? [x] (y)"] == ("faq/medicaid", None)
    assert read["and if they cut me off"] == ("faq/uninsured_grants", {"after": "faq/medicaid"})
    assert read["the rope is back out of the shed"] == (*("crisis/suicide_active", {"tier": "T2", "subject": "other"}),)
    assert read["is there a gym on floor q"] == ("not_covered/gym_sports", None)
    assert not {"where do we park", "is there a pool", "the rope swing is back"} & set(read)
    assert nlu.responses["utter_not_covered/gym_sports"][0]["text"] == draft.text
    names = {step.block_name for step in importer.get_stories().story_steps}
    assert "Cut off: and then?" in names

"""How an answer reads on each channel."""

from helpline.authoring.channels import LIMITS, previews, segments


def test_every_channel_shows_text_source_and_choices() -> None:
    shown = {view.channel: view for view in previews("It may help.", ["One", "Two"], ["Medicaid", "Insurance"])}
    assert set(shown) == set(LIMITS)
    assert shown["web"].text == "It may help.\n\nSource: One; Two"
    assert shown["web"].buttons == ("Medicaid", "Insurance")
    assert shown["sms"].text.endswith("1. Medicaid\n2. Insurance")
    assert shown["sms"].buttons == ()
    assert all(view.fits for view in shown.values())


def test_what_is_too_long_does_not_fit() -> None:
    shown = {view.channel: view.fits for view in previews("x" * 2500, [], [])}
    assert shown == {"web": True, "sms": False, "telegram": True, "messenger": False, "slack": True}


def test_text_messages_are_counted_as_they_are_charged() -> None:
    assert [segments("x" * count) for count in (1, 160, 161, 306, 307)] == [1, 1, 2, 2, 3]
    assert [segments("\u2019" * count) for count in (1, 70, 71, 134, 135)] == [1, 1, 2, 2, 3]
    assert segments("€" * 80) == 1
    assert segments("€" * 81) == 2

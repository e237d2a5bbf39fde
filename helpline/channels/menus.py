"""The menus that people have before them: which is open, and what an answer to it means."""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from dataclasses import asdict, dataclass, replace
from typing import Any, Callable, Mapping

from helpline.channels.choices import chosen, number_in, titled
from helpline.channels.rendering import Menu, Option
from helpline.storage import messages
from helpline.storage.worker import UnavailableError, Worker

OPEN_SECONDS = 30 * 60
# Seconds until a menu goes out, within which its id tells well enough when that was.
_PROMPT = 60.0
_MOST_PEOPLE = 20_000
_MOST_MENUS = 10
_CHOICE = re.compile(r"m:(?P<menu>\d{1,20}):(?P<option>\d{1,3})")


@dataclass(frozen=True)
class Meaning:
    """What a message says: `text` for the bot, or the menu to be shown again as no option of it was chosen."""

    text: str
    again: Menu | None = None


class Menus:
    """The last menus of everyone, in memory and in the database."""

    def __init__(self, database: Worker, clock: Callable[[], float] = time.time) -> None:
        """Take where older ones are found."""
        self._database = database
        self._clock = clock
        self._people: OrderedDict[str, OrderedDict[int, Menu]] = OrderedDict()
        # Ids that the database had when it was last asked.
        self._stored: dict[str, set[int]] = {}

    def show(self, conversation: str, menu: Menu) -> Menu:
        """Open a menu, and with that close the one before; return it with the time where it goes out late."""
        now = self._clock()
        if now - menu.id / 1_000_000 > _PROMPT:
            menu = replace(menu, shown=now)
        known = self._people.get(conversation)
        if known is None:
            # What the database knows besides is read with the first answer.
            return menu
        known[menu.id] = menu
        known.move_to_end(menu.id)
        while len(known) > _MOST_MENUS:
            known.popitem(last=False)
        return menu

    async def learn(self, conversation: str, patience: float | None = None) -> None:
        """Read a person's menus if they are not known yet, and drop those that were deleted meanwhile.

        Args:
            conversation: whose.
            patience: seconds after which they are left to the next message.
        """
        try:
            stored = await asyncio.wait_for(self._database.run(messages.menus, conversation), patience)
        except asyncio.TimeoutError:
            return
        except UnavailableError:
            self._people.setdefault(conversation, OrderedDict())
            return
        known = self._people.setdefault(conversation, OrderedDict((number, menu_from(data)) for number, data in stored))
        self._people.move_to_end(conversation)
        # Who deletes a chat does so in another process. A menu that was never in the database may still be on its way.
        numbers = {number for number, _ in stored}
        for number in self._stored.get(conversation, set()) - numbers:
            known.pop(number, None)
        self._stored[conversation] = numbers
        while len(self._people) > _MOST_PEOPLE:
            self._stored.pop(self._people.popitem(last=False)[0], None)

    def meaning(self, conversation: str, text: str, choice: str | None) -> Meaning:
        """Return what a message means to a person whose menus are learnt.

        Args:
            conversation: whose.
            text: as it was written; of a tapped button its title.
            choice: callback id of a tapped button.
        """
        known = self._people.get(conversation, OrderedDict())
        last = next(reversed(known.values()), None)
        current = last if last is not None and self._is_open(last) else None
        if choice is not None:
            return Meaning(_tapped(choice, text, known))
        if current is None or (current.hidden and number_in(text) is not None):
            return Meaning(_remembered(text, known))
        option = chosen(text, current)
        if option is not None:
            return Meaning(current.options[option - 1].payload)
        if current.numbered and not current.counted and number_in(text) is not None:
            return Meaning(text, again=current)
        return Meaning(_remembered(text, known))

    def _is_open(self, menu: Menu) -> bool:
        return self._clock() - (menu.shown or menu.id / 1_000_000) < OPEN_SECONDS


def _tapped(choice: str, text: str, known: Mapping[int, Menu]) -> str:
    """Return what a tap says: the payload while its menu is stored, the title of one that is forgotten."""
    found = _CHOICE.fullmatch(choice)
    if found is None:
        return text
    menu, place = known.get(int(found["menu"])), int(found["option"])
    if menu is None or not 1 <= place <= len(menu.options):
        return text
    return menu.options[place - 1].payload


def _remembered(text: str, known: Mapping[int, Menu]) -> str:
    """Return the payload of a title that is written after its menu closed, if all stored menus mean the same by it."""
    payloads = {payload for menu in known.values() if (payload := titled(text, menu)) is not None}
    return payloads.pop() if len(payloads) == 1 else text


def menu_data(menu: Menu) -> dict[str, Any]:
    """Return a menu as JSON."""
    return asdict(menu)


def menu_from(data: Mapping[str, Any]) -> Menu:
    """Return the menu of `menu_data`."""
    return Menu(**{**data, "options": tuple(Option(**option) for option in data["options"])})

"""Talks with a running assistant in the terminal over the REST channel."""

from __future__ import annotations

import textwrap
from typing import Any
from uuid import uuid4

import requests


class ChatError(RuntimeError):
    """The assistant cannot be reached; the message says what to do."""


def talk(url: str) -> None:
    """Read lines and print replies until an empty line, Ctrl-D or Ctrl-C.

    Raises:
        ChatError: if the assistant does not answer.
    """
    sender = f"terminal-{uuid4().hex}"
    choices: list[str] = []
    print("Ask a question. The number of a choice works too; an empty line ends.\n")
    while True:
        try:
            text = input("You: ").strip()
        except (EOFError, KeyboardInterrupt):
            print()
            return
        if not text:
            return
        if text.isdecimal() and 1 <= int(text) <= len(choices):
            text = choices[int(text) - 1]
        replies = ask(url, sender, text)
        choices = [button["payload"] for reply in replies for button in reply.get("buttons", [])]
        print(f"\n{show(replies)}\n")


def ask(url: str, sender: str, text: str) -> list[dict[str, Any]]:
    """Send one message and return the replies.

    Raises:
        ChatError: if the assistant does not answer.
    """
    try:
        answer = requests.post(f"{url}/webhooks/rest/webhook", json={"sender": sender, "message": text}, timeout=10)
        answer.raise_for_status()
        return list(answer.json())
    except (requests.RequestException, ValueError) as error:
        raise ChatError(f"No assistant answers at {url}. Start it with `make run` in another terminal.") from error


def show(replies: list[dict[str, Any]]) -> str:
    """Return replies as lines of at most 100 characters, choices numbered."""
    lines: list[str] = []
    number = 0
    for reply in replies:
        for paragraph in reply.get("text", "").splitlines():
            lines += textwrap.wrap(paragraph, 100) or [""]
        for button in reply.get("buttons", []):
            number += 1
            lines.append(f"  {number}. {button['title']}")
    return "\n".join(lines)

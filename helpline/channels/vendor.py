"""What passes between the core of the messaging channels and a vendor: events in, requests out, what came of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Mapping

Kind = Literal["message", "media", "edit", "help", "opt_out", "opt_in", "public_mention"]
Status = Literal["sent", "retry", "blocked", "refused"]


@dataclass(frozen=True)
class Inbound:
    """One event that concerns a conversation, as `SafeChannel.parse` returns it.

    Attributes:
        vendor_id: the vendor's id of the message, for dedupe (MessageSid, update_id, mid); unique in its channel.
        address: where the reply goes (phone with "whatsapp:" or not, chat id, PSID, Slack channel); any string that the
            channel's own `call` understands.
        person: who writes, as the vendor names them, often the address; it makes the conversation's id and is kept
            until the event is answered.
        text: what they wrote; "" for a picture without words; of a tapped button its title, where the vendor tells it.
        channel: name in the ledger and in conversation ids: sms, whatsapp, telegram, messenger or slack.
        choice: callback id of a tapped button ("m:1764388498123456:2": menu, option); None where none was tapped.
        kind: ``message``; ``media``: a picture or voice note without words; ``edit``: a changed message, answered only
            in danger; ``help``: asks for the numbers; ``opt_out``, ``opt_in``: STOP and START; ``public_mention``:
            written where others read, answered by "message me directly" and kept out of any conversation.
        acknowledge: what the vendor needs to hear of a tap (Telegram's callback_query id).
    """

    vendor_id: str
    address: str
    person: str
    text: str
    channel: str
    choice: str | None = None
    kind: Kind = "message"
    acknowledge: str | None = None


@dataclass(frozen=True)
class Call:
    """One POST to the vendor. `json` or `form` is the body; neither: an empty one."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Outcome:
    """What a vendor's answer means.

    Attributes:
        status: ``sent``; ``retry``: too many requests, the vendor's trouble, credentials not accepted right now;
            ``blocked``: the person blocked the bot or opted out; ``refused``: this part will never be taken.
        retry_after_s: seconds that the vendor asks to wait.
        silent: the vendor did not answer in time, and may have taken the part.
    """

    status: Status
    retry_after_s: float | None = None
    silent: bool = False

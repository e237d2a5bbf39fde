"""The words of the chat page without JavaScript, in each language that it has."""

from __future__ import annotations

from dataclasses import dataclass

from helpline.channels.web_sessions import MAX_CHARACTERS


@dataclass(frozen=True)
class Words:
    """What the server writes into a language's page `file`; `watched` is said where danger is reported to staff."""

    language: str
    file: str
    conversation: str
    you: str
    assistant: str
    call: str
    text: str
    end: str
    alone: str
    watched: str
    new_session: str
    gone: str
    foreign: str
    empty: str
    too_long: str
    too_fast: str
    deleted: str
    not_deleted: str

    def refusal(self, reason: str, seconds: int | None) -> str:
        """Return why a message was refused, by the reason of the channel."""
        return {
            "session": self.new_session,
            "too_long": self.too_long,
            "rate": self.too_fast.format(seconds=seconds),
        }[reason]


ENGLISH = Words(
    language="en",
    file="chat.html",
    conversation="Conversation",
    you="You",
    assistant="Assistant",
    call="Call",
    text="Text",
    end="End and delete this conversation",
    alone="I'm not monitored and can't send help.",
    watched="If you write of danger, a short report may go to staff. It may not be seen in time, and I can't send "
    "help.",
    new_session="This is a new conversation: the earlier one is no longer kept.",
    gone="This conversation is deleted or no longer kept. Nothing was sent again.",
    foreign="This form can be sent from our own page only.",
    empty="Please write your question first.",
    too_long=f"That was too long. Please say it in {MAX_CHARACTERS} characters or less.",
    too_fast="You sent many messages in a short time. Please wait {seconds} seconds, then send this one again.",
    deleted="Your conversation is deleted. Receipt {receipt}, {at:%Y-%m-%d %H:%M} UTC.",
    not_deleted="It could not be deleted just now. Please try again. It is erased by itself when its time is up.",
)
SPANISH = Words(
    language="es",
    file="chat.es.html",
    conversation="Conversación",
    you="Usted",
    assistant="Asistente",
    call="Llamar al",
    text="Mandar texto:",
    end="Terminar y borrar esta conversación",
    alone="Nadie vigila este chat y no puedo enviar ayuda.",
    watched="Si escribe sobre un peligro, puede llegar un breve aviso al personal. Quizá no se vea a tiempo, y no "
    "puedo enviar ayuda.",
    new_session="Esta es una conversación nueva: la anterior ya no se guarda.",
    gone="Esta conversación está borrada o ya no se guarda. No se envió nada otra vez.",
    foreign="Este formulario solo se puede enviar desde nuestra propia página.",
    empty="Escriba primero su pregunta.",
    too_long=f"Fue demasiado largo. Por favor dígalo en {MAX_CHARACTERS} caracteres o menos.",
    too_fast="Envió muchos mensajes en poco tiempo. Espere {seconds} segundos y vuelva a enviar este.",
    deleted="Su conversación está borrada. Recibo {receipt}, {at:%Y-%m-%d %H:%M} UTC.",
    not_deleted="No se pudo borrar en este momento. Intente otra vez. Se borra por sí sola cuando termina su plazo.",
)
LANGUAGES = {words.language: words for words in (ENGLISH, SPANISH)}

"""``meterdrop message``: what a text message or a mail's subject says, before the gate."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from domain.messages import Message


@click.command("message", context_settings={"ignore_unknown_options": True})
@click.argument("texts", nargs=-1, required=True, metavar="TEXT...", type=click.UNPROCESSED)
@click.option("--supplier", required=True, metavar="NAME", help="Whose account numbers to expect.")
@click.option("--channel", type=click.Choice(["sms", "email"]), default="sms", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")
def command(texts: tuple[str, ...], supplier: str, channel: str, *, as_json: bool) -> None:
    """Say what each TEXT (a message, or a mail's subject) is understood as; nothing is stored or judged."""
    from domain.errors import UsageError
    from domain.messages import parse_message
    from meterdrop.settings import load_settings
    from templates import suppliers

    known = suppliers(load_settings().path("METERDROP_TEMPLATES"))
    if supplier not in known:
        raise UsageError(f"there is no supplier {supplier!r}; known are: {', '.join(sorted(known))}")
    for text in texts:
        message = parse_message(text, known[supplier].account, subject=channel == "email")
        click.echo(_json(text, message) if as_json else _words(message))


def _json(text: str, message: Message) -> str:
    line = {
        "text": text,
        "outcome": message.outcome,
        "account": message.account or None,
        "readings": list(message.readings),
        "reasons": [reason.value for reason in message.reasons],
    }
    return json.dumps(line, ensure_ascii=False)


def _words(message: Message) -> str:
    from domain.reason_texts import reason_text

    if message.reasons:
        return "not understood: " + " ".join(reason_text(reason, "en") for reason in message.reasons)
    return f"account {message.account}, readings {', '.join(message.readings)}"

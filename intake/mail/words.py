"""What the sender of a mail wrote himself: without quotes, forwarded mails and the signature."""

from __future__ import annotations

import re
from html.parser import HTMLParser

#: Where another's words or a signature begin; everything from there on is left out.
_ENDS = re.compile(
    r"""^\s*(
        --\s*$
      | _{5,}\s*$
      | -{2,}\s*(original\ message|forwarded\ message|исходное\ сообщение|пересылаемое\ сообщение
                |пересланное\ сообщение|конец\ пересылаемого).*
      | (begin\ forwarded\ message|начало\ переадресованного\ сообщения|начало\ пересылаемого)\b.*
      | (from|от|от\ кого)\s*:\s*\S.*@.*
      | .{0,120}\b(wrote|writes|пишет|написал|написала|написал\(а\)|писал|писал\(а\))\s*:\s*$
      | (sent\ from|отправлено\ (из|с)|получено\ с|с\ уважением|best\ regards|kind\ regards|regards)\b.*
    )""",
    re.IGNORECASE | re.VERBOSE,
)
#: A mail's own words are few: what comes after is not looked at.
_MOST_LINES, _LONGEST_LINE = 40, 400
_BLOCKS = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "table"})
_SKIPPED = frozenset({"style", "script", "head", "title", "blockquote"})


def own_words(text: str) -> str:
    """The text's own lines, at most 40."""
    lines: list[str] = []
    for raw in text.replace("\r", "").replace("\N{NO-BREAK SPACE}", " ").split("\n"):
        line = raw.strip()[:_LONGEST_LINE]
        if _ENDS.match(raw):
            break
        if line.startswith((">", "|")):
            continue
        if line:
            lines.append(line)
        if len(lines) == _MOST_LINES:
            break
    return "\n".join(lines)


def text_of_html(html: str) -> str:
    """The words of an HTML mail, a line a block, quoted mails left out."""
    reader = _Reader()
    try:
        reader.feed(html[: 1 << 20])
        reader.close()
    except (ValueError, AssertionError):
        return ""
    return "".join(reader.pieces)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A block begins on a line of its own."""
        quoted = any(name == "class" and value and "gmail_quote" in value for name, value in attrs)
        if tag in _SKIPPED or (quoted and tag == "div"):
            self._skipped += 1
        elif self._skipped and tag == "div":
            # Within what is left out, every div must be counted: its end tag says no more than "div".
            self._skipped += 1
        elif tag in _BLOCKS and not self._skipped:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """What is left out ends."""
        if self._skipped and (tag in _SKIPPED or tag == "div"):
            self._skipped -= 1

    def handle_data(self, data: str) -> None:
        """Words."""
        if not self._skipped:
            self.pieces.append(data.replace("\n", " "))

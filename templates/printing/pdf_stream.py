"""Adds pages to a small PDF one by one, so that a hundred thousand need no more memory than one.

ReportLab keeps every page until it saves. Here it makes the part that all pages share (the blank as a form
XObject, the fonts), and the pages are appended as an incremental update (ISO 32000-1, 7.5.6): page objects
and their contents go straight to the file, only their offsets are kept, eight bytes each.
"""

from __future__ import annotations

import io
import zlib
from array import array
from typing import BinaryIO

import pikepdf

_KIDS = 64


class PageAppender:
    """Writes ``base`` (a PDF of one page) to ``out`` and replaces its page by those that are added."""

    def __init__(
        self, base: bytes, out: BinaryIO, boxes: dict[str, tuple[float, float, float, float]]
    ) -> None:
        """``boxes``: MediaBox, TrimBox, BleedBox … in points, the same for every page."""
        with pikepdf.open(io.BytesIO(base)) as pdf:
            self._pages_id = pdf.Root.Pages.objgen[0]
            self._root_id = pdf.Root.objgen[0]
            self._info_id = pdf.docinfo.objgen[0]
            page = pdf.pages[0].obj
            self._resources = f"{page.Resources.objgen[0]} 0 R"
            self._first_new = int(pdf.trailer.Size)
            self._id = b"".join(b"<" + bytes(part).hex().encode() + b">" for part in pdf.trailer.ID)
        self._previous_xref = int(base[base.rindex(b"startxref") + 9 :].split()[0])
        self._boxes = " ".join(
            f"/{name} [{' '.join(f'{v:.3f}' for v in box)}]" for name, box in boxes.items()
        )
        self._out = out
        self._position = 0
        self._offsets = array("Q")
        self._nodes = array("Q")
        self._kids: list[int] = []
        self._pages = 0
        self._write(base)

    def add(self, content: bytes) -> None:
        """Adds a page that draws ``content`` (PDF operators)."""
        if not self._kids:
            self._nodes.append(self._reserve())
        packed = zlib.compress(content, 6)
        stream = self._reserve()
        head = f"<< /Length {len(packed)} /Filter /FlateDecode >>\nstream\n".encode()
        self._object(stream, head + packed + b"\nendstream")
        page = self._reserve()
        self._object(
            page,
            f"<< /Type /Page /Parent {self._nodes[-1]} 0 R {self._boxes} "
            f"/Resources {self._resources} /Contents {stream} 0 R >>".encode(),
        )
        self._kids.append(page)
        self._pages += 1
        if len(self._kids) == _KIDS:
            self._end_node()

    def finish(self) -> int:
        """Writes the page tree and the cross-reference table; the number of pages."""
        if self._kids:
            self._end_node()
        root_offset = self._position
        self._write(f"{self._pages_id} 0 obj\n<< /Type /Pages /Count {self._pages} /Kids [".encode())
        for node in self._nodes:
            self._write(f"{node} 0 R ".encode())
        self._write(b"] >>\nendobj\n")
        xref = self._position
        self._write(f"xref\n{self._pages_id} 1\n{root_offset:010d} 00000 n \n".encode())
        self._write(f"{self._first_new} {len(self._offsets)}\n".encode())
        for offset in self._offsets:
            self._write(f"{offset:010d} 00000 n \n".encode())
        size = self._first_new + len(self._offsets)
        self._write(
            f"trailer\n<< /Size {size} /Prev {self._previous_xref} /Root {self._root_id} 0 R "
            f"/Info {self._info_id} 0 R /ID [".encode()
            + self._id
            + f"] >>\nstartxref\n{xref}\n%%EOF\n".encode()
        )
        return self._pages

    def _end_node(self) -> None:
        kids = " ".join(f"{page} 0 R" for page in self._kids)
        self._object(
            self._nodes[-1],
            f"<< /Type /Pages /Parent {self._pages_id} 0 R "
            f"/Count {len(self._kids)} /Kids [{kids}] >>".encode(),
        )
        self._kids.clear()

    def _reserve(self) -> int:
        """The number of an object that is written later."""
        self._offsets.append(0)
        return self._first_new + len(self._offsets) - 1

    def _object(self, number: int, body: bytes) -> None:
        self._offsets[number - self._first_new] = self._position
        self._write(f"{number} 0 obj\n".encode() + body + b"\nendobj\n")

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._position += len(data)

"""The form in the documents is a form."""

from __future__ import annotations

from pathlib import Path

from templates import load_template, suppliers
from templates.printing.proof import proof

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "forms.md"


def test_the_documented_form_is_whole(tmp_path: Path) -> None:
    text = DOCUMENT.read_text("utf-8").split("```yaml\n")[1].split("```")[0]
    path = tmp_path / "form.yaml"
    path.write_text(text, "utf-8")
    template = load_template(path)
    proof(template, path, suppliers()[template.supplier])
    assert template.key == "my-dropbox@1"

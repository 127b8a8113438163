"""A folder a supplier: its dated rules and its forms; one YAML file prints the blank and drives the reader.

``find("krasnoyarsk-dropbox")`` gives a form, ``all_templates()`` every form, ``suppliers()`` the dated rules
of every supplier; ``templates.printing`` prints, ``templates.personal`` is the content of personal slips.
"""

from __future__ import annotations

from templates.catalogue import all_templates, find
from templates.loader import load_template
from templates.model import Template
from templates.supplier_rules import suppliers

__all__ = ["Template", "all_templates", "find", "load_template", "suppliers"]

"""Rendering: Jinja templates in the visitor's language, always escaped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import Request
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from domain.reason_texts import reason_text
from web.languages import LANGUAGES, language
from web.visitor import Visitor


class Pages:
    """Templates of some packages (the first that has a name wins) in every language."""

    def __init__(self, packages: Sequence[str], title: str) -> None:
        loader = ChoiceLoader([PackageLoader(package) for package in packages])
        self._environments = {code: _environment(loader, code, title) for code in LANGUAGES}

    def fragment(self, visitor: Visitor, template: str, /, **values: Any) -> str:
        """``template`` as text."""
        environment = self._environments[visitor.language.code]
        return environment.get_template(template).render(visitor=visitor, **values)

    def page(
        self,
        request: Request,
        template: str,
        status: int = 200,
        headers: dict[str, str] | None = None,
        /,
        **values: Any,
    ) -> HTMLResponse:
        """``template`` as an answer."""
        text = self.fragment(visitor_of(request), template, path=request.url.path, **values)
        return HTMLResponse(text, status, headers)


def visitor_of(request: Request) -> Visitor:
    """Who asks."""
    visitor: Visitor = request.state.visitor
    return visitor


def pages_of(request: Request) -> Pages:
    """The app's templates."""
    pages: Pages = request.app.state.pages
    return pages


def _environment(loader: ChoiceLoader, code: str, title: str) -> Environment:
    environment = Environment(
        loader=loader,
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    lang = language(code)
    environment.install_gettext_translations(lang.translations, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(lang=lang, languages=LANGUAGES, app_title=title)
    environment.filters.update(
        day=lang.day,
        moment=lang.time,
        short=lang.short,
        number=lang.number,
        reason=lambda reason: reason_text(reason, "en" if code == "en" else "ru"),
    )
    return environment

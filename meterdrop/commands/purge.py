"""``meterdrop purge``: destroy what has been kept for its term, and write the act."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from services.purge import Act


@click.command("purge")
@click.option("--dry-run", is_flag=True, help="Say what would be destroyed; change nothing.")
@click.option("--who", default="console", show_default=True, help="Who answers for it; stands in the act.")
@click.option(
    "--act",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the act of destruction as text for signature; the file must not exist.",
)
@click.option("--all-strays", is_flag=True, help="Objects that no record names: destroy however many.")
@click.option("--json", "as_json", is_flag=True, help="The act as one JSON object on standard output.")
def command(*, dry_run: bool, who: str, path: Path | None, all_strays: bool, as_json: bool) -> None:
    """Destroy originals and personal data whose term (METERDROP_KEEP_DAYS) has ended.

    Files under a legal hold stay, and files with a sheet that nobody has judged. The audit log stays. Objects
    go, too, that no record names and that are older than a day: a crash left them.
    """
    from domain.errors import AlreadyExistsError
    from meterdrop.acts import act_text
    from meterdrop.settings import load_settings
    from meterdrop.wiring import context, retention_terms
    from services.purge import purge

    settings = load_settings()
    terms = retention_terms(settings)
    if path is not None and path.exists():
        raise AlreadyExistsError(f"{path} exists; name another file for the act")
    with context(settings) as ctx:
        act = purge(ctx, terms, who, dry=dry_run, all_strays=all_strays)
        titles = ", ".join(sorted(rules.title for rules in ctx.suppliers.values()))
    if path is not None:
        path.write_text(act_text(act, titles), "utf-8")
    if as_json:
        click.echo(json.dumps(act.as_json(), ensure_ascii=False))
    else:
        _print(act, dry=dry_run)


def _print(act: Act, *, dry: bool) -> None:
    for name, kind in act.kinds.items():
        click.echo(f"{name:<10}{kind.files:>8} files{kind.sheets:>9} sheets{kind.bytes / 1e6:>11.1f} MB")
    done = "would be destroyed" if dry else "destroyed"
    click.echo(f"{len(act.keys)} originals {done}, {act.held} kept by a hold, {act.unjudged} not judged yet")
    if act.messages or act.messages_held:
        click.echo(f"{act.messages} messages without a reading {done}, {act.messages_held} kept by a hold")
    if act.strays:
        click.echo(f"{len(act.strays)} objects that no record names {done}")
    if act.strays_kept:
        click.echo(
            f"{act.strays_kept} objects that no record names are kept, too many for what crashes leave: "
            "has another installation the same place, or are the records older than the objects? If neither "
            "is so, give --all-strays",
            err=True,
        )
    if act.no_term:
        click.echo(f"Kept for ever, METERDROP_KEEP_DAYS names no term: {', '.join(act.no_term)}", err=True)
    if act.number:
        click.echo(f"Act of destruction {act.number}")

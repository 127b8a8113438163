"""``meterdrop backup``: records, objects, settings and templates into a folder."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command("backup")
@click.argument("folder", metavar="TO", type=click.Path(path_type=Path))
@click.option("--keep", type=click.IntRange(1), metavar="N", help="Drop all but the N newest backups in TO.")
@click.option("--check", is_flag=True, help="Read every object again that TO has already.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def command(folder: Path, *, keep: int | None, check: bool, as_json: bool) -> None:
    """Add a backup to the folder TO, while everything goes on; only objects that TO lacks are copied.

    TO holds personal data and secrets: keep it where nobody else reads, and on another disk. What 'purge'
    destroyed is gone from TO when --keep has dropped the last backup that was made before.
    """
    from importlib.metadata import version

    from meterdrop.home_files import gather
    from meterdrop.progress import Progress
    from meterdrop.settings import load_settings
    from meterdrop.wiring import context
    from services.backup import backup

    settings = load_settings()
    target = folder.expanduser().resolve()
    with context(settings) as ctx, Progress("backup") as meter:
        files = gather(settings)
        done = backup(ctx, target, files, version("meterdrop"), meter.update, check=check, keep=keep)
    if as_json:
        click.echo(json.dumps(vars(done) | {"dropped": list(done.dropped)}))
        return
    click.echo(
        f"Backup {done.name}: {done.sheets} sheets, {done.objects} objects ({done.new} new), "
        f"{done.bytes / 1e6:.1f} MB"
    )
    click.echo(f"  manifest SHA-256 {done.manifest}")
    if done.dropped:
        click.echo(f"  dropped: {', '.join(done.dropped)}")

"""``meterdrop restore``: an installation from a backup, on an empty machine."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command("restore")
@click.argument("folder", metavar="FROM", type=click.Path(path_type=Path))
@click.option("--backup", "name", metavar="NAME", help="Which backup in FROM; default: the newest.")
@click.option("--list", "only_list", is_flag=True, help="List the backups in FROM, and do nothing.")
@click.option("--moved", is_flag=True, help="Nothing happened after the backup: notices go on by themselves.")
@click.option("--no-verify", is_flag=True, help="Do not read everything once more at the end.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def command(
    folder: Path, *, name: str | None, only_list: bool, moved: bool, no_verify: bool, as_json: bool
) -> None:
    """Restore into METERDROP_HOME, METERDROP_DATABASE_URL and METERDROP_S3_…, which must be empty.

    Every hash is checked. Then work goes on where it was: sheets that waited are read, the outbox hands over
    what billing has not got, under the same keys. Customers' notices that were about to go out wait for a
    person, unless --moved says that the old installation was stopped before the backup.
    """
    from domain.errors import StorageError
    from meterdrop import home_files
    from meterdrop.progress import Progress
    from meterdrop.settings import load_settings
    from meterdrop.wiring import context, records_settings, store_settings
    from services import restoring
    from services.backup import snapshots
    from services.verify import verify
    from storage.objects import open_store

    source = folder.expanduser().resolve()
    if only_list:
        for each in snapshots(source):
            click.echo(each)
        return
    snapshot = restoring.open_snapshot(source, name)
    settings = load_settings()
    files = snapshot.files
    home_files.check(files, settings)
    store, records = open_store(store_settings(settings)), records_settings(settings)
    restoring.refuse_unless_empty(snapshot, store, records)
    # Before the records, which come last: interrupted, the same command goes on.
    left = home_files.lay_out(files, settings)
    with Progress("restore") as meter:
        objects = restoring.restore(snapshot, store, records, meter.update)
    with context() as ctx:
        held = restoring.settle(ctx, snapshot, moved=moved)
        problems: tuple[str, ...] = ()
        if not no_verify:
            with Progress("verify") as meter:
                problems = verify(ctx, meter.update).problems
    sheets = int(snapshot.manifest["records"]["counts"]["sheet"])
    if as_json:
        result = {"backup": snapshot.path.name, "sheets": sheets, "objects": objects, "notices_held": held}
        click.echo(
            json.dumps({**result, "not_in_place": left, "problems": list(problems)}, ensure_ascii=False)
        )
    else:
        click.echo(f"Restored {snapshot.path.name}: {sheets} sheets, {objects} objects, every hash right.")
        for each in left:
            click.echo(f"  {each}: another one is in place already and stays; the backup has its own")
        if held:
            click.echo(f"  {held} notices may have gone out after the backup: 'meterdrop notices list'")
        click.echo(
            "  Exports to files made after the backup are not known here; run 'meterdrop purge' as usual."
        )
    if problems:
        raise StorageError(f"{len(problems)} problems after the restore, the first: {problems[0]}")

"""`rapport identity`."""

from __future__ import annotations

import csv
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rapport.identity.review_commands import decide, explain, model, review, train

if TYPE_CHECKING:
    from rich.console import Console

    from rapport.identity.matching import Linked

app = typer.Typer(help="Who is who: which records are one person, and why.", no_args_is_help=True)


for command in (review, explain, decide, train, model):
    app.command()(command)


@app.command("link")
def link_file(
    path: Annotated[Path, typer.Argument(help="a delimited text file with a header")],
    maps: Annotated[
        list[str],
        typer.Option(
            "--map",
            help="field=column, or field=column+column; fields: id, given_name, surname, full_name, birth_date, street,"
            " city, postcode, state, country, email, phone, external_id",
        ),
    ],
    country: Annotated[str, typer.Option(help="where phones without a country code are from; DK, TR …")] = "",
    encoding: Annotated[str, typer.Option(help="of the file")] = "utf-8",
    merge: Annotated[float, typer.Option(help="probability from which two records are one person")] = 0.5,
) -> None:
    """Write id,cluster of each record of a file to standard output: equal clusters are one person."""
    from rich.console import Console

    from rapport.identity.matching import Settings, link
    from rapport.identity.person_files import read_mapping, read_persons

    settings = Settings(merge=merge, review=min(merge, Settings().review))
    mapping = read_mapping(maps)
    started = time.perf_counter()
    console = Console(stderr=True)
    with console.status("Reading and normalising") as status:
        records = read_persons(path, mapping, country.upper(), encoding)
        linked = link(records, settings, progress=status.update)
    _report(console, linked, time.perf_counter() - started)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(linked.clusters.column_names)
    writer.writerows(zip(*(column.to_pylist() for column in linked.clusters.columns), strict=True))


def _report(console: Console, linked: Linked, seconds: float) -> None:
    from pyarrow import compute

    n_persons = len(compute.unique(linked.clusters["cluster"]))
    if not linked.model.parameters.is_estimated:
        console.print(
            "[yellow]Too little agrees in these records to learn from them: matched by general experience.[/]"
        )
    console.print(
        f"{linked.clusters.num_rows:,} records are {n_persons:,} persons; {linked.for_review.num_rows:,} pairs are in"
        f" doubt ({seconds:.1f} s)",
        highlight=False,
    )

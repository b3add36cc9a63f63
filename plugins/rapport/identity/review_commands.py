"""`rapport identity` over a business's warehouse: why two records match, what is in doubt, and what was decided."""

from __future__ import annotations

import csv
import json as json_module
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from rapport import settings
from rapport.errors import IdentityError

if TYPE_CHECKING:
    from rapport.identity.lookups import Explained

BusinessOption = Annotated[str, typer.Option("--business", "-b", help="which business; a file in businesses/")]
JsonOption = Annotated[bool, typer.Option("--json", help="for programs")]
Known = "a source_record_id, customer_id, external id, e-mail or phone"


def explain(
    one: Annotated[str, typer.Argument(help=Known)],
    other: Annotated[str, typer.Argument(help=Known)],
    business: BusinessOption = settings.DEFAULT_BUSINESS,
    json: JsonOption = False,
) -> None:
    """Say why two records are one person or not, with what each comparison weighs, in bits."""
    from rapport.businesses import load_business
    from rapport.identity.lookups import explain_two
    from rapport.warehouse import connect

    chosen = load_business(business)
    with connect(chosen.name) as conn:
        found = explain_two(conn, one, other, chosen.default_country)
    if json:
        typer.echo(json_module.dumps(_as_json(found), ensure_ascii=False))
    else:
        _show(found)


def review(
    business: BusinessOption = settings.DEFAULT_BUSINESS,
    limit: Annotated[int, typer.Option(min=1, help="how many, the likeliest first")] = 20,
    json: JsonOption = False,
) -> None:
    """List pairs of records that are kept apart though they may be one person."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from rapport.businesses import load_business
    from rapport.warehouse import connect

    columns = ("one_record_id", "other_record_id", "probability", "agreement", "is_contested")
    with connect(load_business(business).name) as conn:
        found = conn.execute(
            f"select {', '.join(columns)} from build_identity.pairs_for_review"
            " order by probability desc, one_record_id, other_record_id"
        ).fetchall()
    if json:
        for row in found[:limit]:
            typer.echo(json_module.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False))
        return
    console = Console()
    if not found:
        console.print("Nothing is in doubt.")
        return
    table = Table("records", "probability", "what they have in common", box=None, pad_edge=False)
    table.columns[0].overflow = "fold"  # ids are there to be copied
    for one, other, probability, agreement, is_contested in found[:limit]:
        doubt = "\nothers of them speak against it" if is_contested else ""
        table.add_row(Text(f"{one}\n{other}"), f"{probability:.1%}", Text(agreement.replace("; ", "\n") + doubt))
        table.add_section()
    console.print(table)
    console.print(
        f"{len(found):,} pairs in all. Look: rapport customer show RECORD. Why: rapport identity explain A B."
        " Decide: rapport identity decide A B same|different",
        highlight=False,
    )


def decide(
    one: Annotated[str, typer.Argument(help="a source_record_id")],
    other: Annotated[str, typer.Argument(help="another")],
    decision: Annotated[Literal["same", "different"], typer.Argument(help="whether they are one person")],
    reason: Annotated[str, typer.Option(help="why, without personal data")] = "",
    business: BusinessOption = settings.DEFAULT_BUSINESS,
) -> None:
    """Write down that two records are one person, or are not; it counts from the next night on."""
    from rapport.businesses import load_business
    from rapport.warehouse import connect

    if one == other:
        raise IdentityError("Both are the same record.", fix="name two records")
    with connect(load_business(business).name) as conn:
        known = conn.execute(
            "select source_record_id from build_identity.customer_records where source_record_id = any(%s)",
            [[one, other]],
        ).fetchall()
    missing = [record for record in (one, other) if (record,) not in known]
    if missing:
        raise IdentityError(
            f"The last night knows no record {missing[0]}.",
            where="build_identity.customer_records",
            fix="give source_record_ids as `rapport identity review` shows them",
        )
    path = settings.SEEDS / "identity_decisions.csv"
    add_decision(path, one, other, decision, reason)
    typer.echo(f"Written to {path.relative_to(settings.PROJECT_ROOT)}: it counts from the next night on.")


def add_decision(path: Path, one: str, other: str, decision: str, reason: str) -> None:
    """Append a decision of today to the seed; one about the same two records is replaced."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    pair = sorted([one, other])
    rows = [row for row in rows if sorted(row[:2]) != pair]
    rows.append([*pair, decision, datetime.now(UTC).date().isoformat(), reason])
    partial = path.with_suffix(".partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    partial.replace(path)


def train(business: BusinessOption = settings.DEFAULT_BUSINESS) -> None:
    """Let the next night learn a new model from all records, in the place of the one in use."""
    from rapport.businesses import load_business
    from rapport.identity.models import dismiss_model
    from rapport.warehouse import connect

    with connect(load_business(business).name) as conn:
        version = dismiss_model(conn)
    typer.echo(f"The next night trains a model{f' in the place of {version}' if version else ''}.")


def model(
    out: Annotated[Path, typer.Option(help="folder to write to")],
    business: BusinessOption = settings.DEFAULT_BUSINESS,
) -> None:
    """Write the model in use, with its charts: what each agreement is worth, and how probable it is."""
    from rapport.businesses import load_business
    from rapport.identity.models import write_files
    from rapport.warehouse import connect

    with connect(load_business(business).name) as conn:
        row = conn.execute("select model_version from build_identity.linked_with").fetchone()
        if row is None:
            raise IdentityError("No night has matched people yet.", fix="run a night: `make run`")
        folder = write_files(conn, row[0], out)
    typer.echo(str(folder))


def _as_json(found: Explained) -> dict[str, Any]:
    explanation = found.explanation
    return {
        "one_record_id": found.one,
        "other_record_id": found.other,
        "is_one_person": found.is_one_person,
        "probability": explanation.probability,
        "weight": explanation.weight,
        "prior_strangers": explanation.prior_strangers,
        "prior_household": explanation.prior_household,
        "evidence": [vars(one) for one in explanation.evidence],
    }


def _show(found: Explained) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    explanation = found.explanation
    table = Table(
        "", "", "against strangers", "rarity", "against a household", box=None, pad_edge=False, header_style="bold"
    )
    for column in table.columns[2:]:
        column.justify = "right"
    table.add_row(
        "before looking", "", f"{explanation.prior_strangers:+.1f}", "", f"{explanation.prior_household:+.1f}"
    )
    for one in explanation.evidence:
        if one.level == "missing":
            table.add_row(one.comparison, Text("not in both", style="dim"), "", "", "")
            continue
        style = "green" if one.against_strangers + one.frequency > 0 else "red"
        table.add_row(
            one.comparison,
            Text(one.level, style=style),
            f"{one.against_strangers:+.1f}",
            f"{one.frequency:+.1f}" if one.frequency else "",
            f"{one.against_household:+.1f}",
        )
    console = Console()
    console.print(Text(f"{found.one}\n{found.other}", style="bold"))
    console.print(table)
    told = "are one person" if found.is_one_person else "are two persons"
    console.print(
        f"By these two alone: {explanation.probability:.2%} one person ({explanation.weight:+.1f} bits)."
        f" By all records and decisions together they {told}.",
        highlight=False,
    )

"""`make bench-identity`: who is who, without labels, beside Splink as documented and recordlinkage's ECM classifier.

Every contender gets the same records, normalised by Rapport, in a process of its own. Measured are all pairs inside
final clusters (precision, recall, F1) and B-cubed F1 (Bagga and Baldwin 1998). With ROWS, a made-up set of so many
records follows, by itself and through the warehouse with ids and golden records, beside Splink runs tuned for it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
from rich.console import Console
from rich.table import Table

from benchmarks import identity_night, identity_peers
from benchmarks.harness import declare, in_its_own_process, report, scratch, timed
from benchmarks.identity_data import PEERS, PersonSet, febrl, made_up, sample
from rapport.warehouse import connect

HOUSEHOLDS, SAMPLE_CUSTOMERS = 5_000, 2_000


def main(n_rows: int | None) -> None:
    """Measure the small sets, then one of `n_rows` records if that is given."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sets = [*febrl(folder), sample(folder, SAMPLE_CUSTOMERS), made_up(folder, HOUSEHOLDS, 0.3)]
        _show("who is who, without labels", [_measure(one, ["rapport", "documented", "ecm"]) for one in sets])
        if n_rows:
            contenders = ["rapport", "warehouse", "tuned", "tuned_for_f1"]
            _show("a large set", [_measure(made_up(folder, n_rows, 0.25), contenders)])


Rows = list[tuple[str, ...]]


def _measure(persons: PersonSet, contenders: list[str]) -> Rows:
    rows = []
    for contender in contenders:
        out = persons.path.with_suffix(f".{contender}")
        if contender == "ecm":
            _ecm(persons.path.with_suffix(".parquet"), out)
            run = {}
        else:
            arguments = (str(persons.path), str(out), persons.country, *persons.maps)
            run = in_its_own_process("benchmarks.identity", contender, *arguments)
        clusters = pd.read_csv(out, dtype=str).set_index("id")["cluster"]
        precision, recall, f1 = pairwise(clusters, persons.truth)
        figures = [f"{figure:.4f}" for figure in (precision, recall, f1, b_cubed(clusters, persons.truth))]
        cost = (f"{run['seconds']:.1f}", f"{run['peak_mib']:,.0f}") if run else ("", "")
        rows.append((persons.name, TITLES[contender], *figures, *cost))
    return rows


def pairwise(clusters: pd.Series, truth: pd.Series) -> tuple[float, float, float]:
    """Precision, recall and F1 over all pairs of records inside clusters."""
    person = truth.reindex(clusters.index).astype(str)
    right = _pairs(clusters.astype(str) + "|" + person)
    precision, recall = right / max(_pairs(clusters), 1), right / max(_pairs(person), 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-12)


def b_cubed(clusters: pd.Series, truth: pd.Series) -> float:
    """F1 of B-cubed precision and recall: each record counts once, however large its person."""
    frame = pd.DataFrame({"cluster": clusters.astype(str), "person": truth.reindex(clusters.index).astype(str)})
    both = frame.groupby(["cluster", "person"])["person"].transform("size")
    precision = (both / frame.groupby("cluster")["person"].transform("size")).mean()
    recall = (both / frame.groupby("person")["cluster"].transform("size")).mean()
    return float(2 * precision * recall / (precision + recall))


def _pairs(groups: pd.Series) -> int:
    sizes = groups.value_counts().to_numpy()
    return int((sizes * (sizes - 1) // 2).sum())


def rapport(path: Path, out: Path, country: str, maps: list[str]) -> None:
    from rapport.identity.matching import link
    from rapport.identity.person_files import read_mapping, read_persons

    found: list[pa.Table] = []

    def whole() -> None:
        records = read_persons(path, read_mapping(maps), country, "utf-8")
        found.extend([records, link(records).clusters])

    seconds = timed(whole)
    found[1].to_pandas().to_csv(out, index=False)
    flat = found[0].drop_columns(
        [name for name in ("emails", "phones", "external_ids") if name in found[0].column_names]
    )
    for many, one in (("emails", "email"), ("phones", "phone")):
        if many in found[0].column_names:
            flat = flat.append_column(
                one, pa.array([values[0] if values else None for values in found[0][many].to_pylist()])
            )
    parquet.write_table(flat, path.with_suffix(".parquet"))  # what the peers get
    report(seconds)


def warehouse(path: Path, out: Path, country: str, maps: list[str]) -> None:
    """The same, and then what a night makes of it: persons and ids, golden records, all in Postgres."""
    from rapport.identity.person_files import read_mapping, read_persons

    with tempfile.TemporaryDirectory() as home, scratch() as database:
        business = declare(database, Path(home))
        identity_night.build_empty(business)
        found: list[pa.Table] = []
        seconds = timed(lambda: found.append(read_persons(path, read_mapping(maps), country, "utf-8")))
        identity_night.put(database, found[0])  # what dbt leaves of them
        seconds += timed(lambda: identity_night.assign_all(business, 0))
        seconds += identity_night.golden_seconds(business)
        with connect(database) as conn:
            query = "select source_record_id, customer_id from build_identity.customer_records"
            pd.DataFrame(conn.execute(query).fetchall(), columns=["id", "cluster"]).to_csv(out, index=False)
    report(seconds)


def _splink(run: str, path: Path, out: Path) -> None:
    records = parquet.read_table(path.with_suffix(".parquet"))
    found: list[pd.DataFrame] = []
    seconds = timed(lambda: found.append(getattr(identity_peers, run)(records)))
    found[0].to_csv(out, index=False)
    report(seconds)


def _ecm(records: Path, out: Path) -> None:
    flat = records.with_suffix(".flat.csv")
    pd.read_parquet(records).to_csv(flat, index=False)
    subprocess.run([PEERS, "benchmarks/identity_ecm.py", "ecm", flat, out], check=True, stderr=subprocess.DEVNULL)


def _show(title: str, measured: list[Rows]) -> None:
    table = Table(title=title, title_justify="left", box=None, title_style="bold")
    for heading in ("set", ""):
        table.add_column(heading)
    for heading in ("precision", "recall", "F1", "B-cubed", "seconds", "peak MiB"):
        table.add_column(heading, justify="right")
    for rows in measured:
        for row in rows:
            table.add_row(*row)
        table.add_section()
    Console(width=120).print(table)


TITLES = {
    "rapport": "Rapport, from raw",
    "documented": "Splink as documented, .95",
    "warehouse": "Rapport, from raw, with ids and golden records",
    "tuned": "Splink, tuned for time, from normalised",
    "tuned_for_f1": "Splink, tuned for F1, from normalised",
    "ecm": "recordlinkage ECM",
}

if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in TITLES:
        contender, path, out, country, *maps = sys.argv[1:]
        if contender in ("rapport", "warehouse"):
            (rapport if contender == "rapport" else warehouse)(Path(path), Path(out), country, maps)
        else:
            _splink(contender, Path(path), Path(out))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else None)

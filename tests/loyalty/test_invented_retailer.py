"""The invented retailer's own truth, which no mart has seen: who is relational, and who left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from rapport import settings
from rapport.building import DBT_STEPS, build_night
from rapport.businesses import load_business
from rapport.landing import ensure_raw_tables, ingest_path, load_declarations
from rapport.nights import claim_next, open_night
from rapport.samples.nights import generate
from rapport.warehouse import connect

pytestmark = [pytest.mark.timeout(600), pytest.mark.history]
NIGHT = date(2026, 3, 1)
MEASURES = ["discounted_order_share", "coupon_order_share", "below_usual_price_share", "promotion_order_share"]


@pytest.fixture(scope="module")
def persons(shared_warehouse: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[pd.DataFrame]:
    """One row a customer with an order: the mart's columns, and the truth about the person they mostly are."""
    folder = tmp_path_factory.mktemp("retailer")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "BUSINESSES", folder / "businesses")
        patch.setattr(settings, "work_dir", lambda name: folder / "work" / name)
        (folder / "businesses").mkdir()
        text = (settings.PROJECT_ROOT / "businesses" / "sample.yml").read_text(encoding="utf-8")
        (folder / "businesses" / f"{shared_warehouse}.yml").write_text(text, encoding="utf-8")
        business = load_business(shared_warehouse)
        generate(2000, 1, 23, NIGHT, folder / "landing")
        with connect(business.name) as conn:
            open_night(conn, business, NIGHT, landing=folder / "landing")
            ensure_raw_tables(conn, load_declarations(business))
            ingest_path(conn, business, folder / "landing", NIGHT)
            night = claim_next(conn, business, "build", now=datetime(2100, 1, 1, tzinfo=UTC))
            assert night is not None
        build_night(business, night, list(DBT_STEPS)[: list(DBT_STEPS).index("loyalty") + 1])
        yield with_truth(business.name, folder / "landing" / "_truth")


def with_truth(business: str, truth: Path) -> pd.DataFrame:
    records = pd.read_csv(truth / "records.csv", dtype="str").dropna(subset="person_id")
    records["source_record_id"] = records["vendor"] + ":" + records["table"] + ":" + records["key"]
    with connect(business) as conn:
        cursor = conn.execute(
            "select source_record_id, customer_id, style.*, lifecycle_stage from build_loyalty.shopper_style as style"
            " join build_identity.customer_records using (customer_id)"
            " join build_loyalty.lifecycle using (customer_id) where is_current and score is not null"
        )
        names = [column.name for column in cursor.description or ()]
        found = pd.DataFrame(cursor.fetchall(), columns=names)
    found = found.loc[:, ~found.columns.duplicated()].merge(records, on="source_record_id")
    mostly = found.groupby("customer_id")["person_id"].agg(lambda ids: ids.mode()[0]).rename("mostly")
    found = found.drop_duplicates("customer_id").merge(mostly, on="customer_id")
    people = pd.read_csv(truth / "persons.csv", dtype={"person_id": "str"})
    return found.merge(people, left_on="mostly", right_on="person_id", suffixes=("", "_true"))


def auc(values: pd.Series, is_positive: pd.Series) -> float:
    known = values.dropna().astype(float)
    positive = is_positive.loc[known.index]
    n, m = int(positive.sum()), int((~positive).sum())
    return float((known.rank()[positive].sum() - n * (n + 1) / 2) / (n * m))


def test_the_retailers_relational_shoppers_are_found(persons: pd.DataFrame) -> None:
    relational = persons["style"] == "relational"
    found = auc(persons["score"], relational)
    singles = {name: 1 - auc(persons[name], relational) for name in MEASURES}
    print(f"\nAUC {found:.3f} of {len(persons)}; singles {singles}")
    assert found >= 0.9
    assert found > max(singles.values())


def test_who_left_has_lapsed_rather_than_who_did_not(persons: pd.DataFrame) -> None:
    left = persons["has_left"] == 1
    lapsed = persons["lifecycle_stage"].isin(["lapsed", "at_risk"])
    print(f"\nlapsed or at risk: {lapsed[left].mean():.3f} of who left, {lapsed[~left].mean():.3f} of who did not")
    assert lapsed[left].mean() > lapsed[~left].mean() + 0.2

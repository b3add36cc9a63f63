"""The two styles are told apart in businesses invented here, where no single trait tells them apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd
import psycopg
import pytest
from loyalty.invented_shoppers import World, invent
from psycopg import sql

from rapport import settings
from rapport.building.project import invoke, parsed_manifest
from rapport.businesses import Business, load_business
from rapport.landing.declarations import load_declarations
from rapport.landing.raw_tables import ensure_raw_tables
from rapport.warehouse import connect

Connection = psycopg.Connection[Any]
pytestmark = pytest.mark.timeout(600)
NIGHT = date(2025, 12, 31)
STYLE = ["+shopper_style,path:models/intermediate/loyalty", "int_customer_order_totals", "int_customer_purchase_gaps"]
MARTS = ["shopper_style", "shopper_style_components"]
VARIABLES = {"business_date": NIGHT.isoformat(), "clock": f"{NIGHT}T21:00:00+00:00", "activation_reads_live": False}

WORLDS = {
    "half of each": World(seed=1),
    "few relational, more noise": World(seed=2, share_relational=0.25, noise=1.1, contrast=1.2),
    "few transactional, fewer orders": World(seed=3, share_relational=0.75, orders_a_person=2.5, contrast=1.1),
    "few customers": World(seed=4, n_persons=800, contrast=1.1),
}


@pytest.fixture(scope="module")
def business(shared_warehouse: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Business]:
    """The sample's settings over a warehouse in which every table is there, and empty."""
    folder = tmp_path_factory.mktemp("style")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "work_dir", lambda name: folder / name)
        tables = load_declarations(load_business("sample"))
        business = load_business("sample").model_copy(update={"name": shared_warehouse})
        with connect(business.name) as conn:
            ensure_raw_tables(conn, tables)
        run(business, ["+shopper_style", "+shopper_style_components"])
        with connect(business.name) as conn:
            let_columns_be_missing(conn)
            conn.commit()
        yield business


def let_columns_be_missing(conn: Connection) -> None:
    """Invented tables have the columns that style is made of; the others are null, which they never are on a night."""
    promised = conn.execute(
        "select attrelid::regclass::text, attname from pg_attribute"
        " where attnotnull and attnum > 0 and attrelid = any(%s::regclass[])",
        [[f"build_intermediate.{name}" for name in INVENTED]],
    ).fetchall()
    for table, column in promised:
        conn.execute(f'alter table {table} alter column "{column}" drop not null')


def run(business: Business, models: list[str]) -> None:
    result = invoke(
        business,
        ["build", "--quiet", "--exclude-resource-types", "unit_test", "test", "--select", *models],
        manifest=parsed_manifest(business),
        more_variables=VARIABLES,
    )
    assert result.success, result.exception or [r.message for r in result.result.results if r.status != "success"]


def styles(business: Business, world: World) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The business's history replaced by an invented one: the mart, with the true style, and its components."""
    tables, is_relational = invent(world)
    with connect(business.name) as conn:
        for name in INVENTED:
            conn.execute(sql.SQL("truncate build_intermediate.{}").format(sql.Identifier(name)))
        for name, table in tables.items():
            fill(conn, name, table)
        conn.commit()
    run(business, [*STYLE, *MARTS])
    with connect(business.name) as conn:
        style = pd.DataFrame(read(conn, "build_loyalty.shopper_style")).set_index("customer_id")
        components = pd.DataFrame(read(conn, "build_loyalty.shopper_style_components")).set_index("component")
    return style.assign(is_relational=is_relational), components


INVENTED = [
    "int_orders_converted",
    "int_order_lines_unioned",
    "int_products_merged",
    "int_customer_records",
    "int_customer_profiles",
    "int_messages_unioned",
    "int_service_contacts_timed",
    "int_survey_responses_scored",
    "int_reviews_unioned",
    "int_referrals_unioned",
]


def fill(conn: Connection, name: str, table: pd.DataFrame) -> None:
    copy = sql.SQL("copy build_intermediate.{} ({}) from stdin").format(
        sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, table.columns))
    )
    with conn.cursor().copy(copy) as rows:
        for row in table.astype(object).where(table.notna(), None).itertuples(index=False):
            rows.write_row(row)
    conn.execute(sql.SQL("analyze build_intermediate.{}").format(sql.Identifier(name)))


def read(conn: Connection, table: str) -> list[dict[str, object]]:
    cursor = conn.execute(sql.SQL("select * from {}").format(sql.Identifier(*table.split("."))))
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def auc(values: pd.Series, is_relational: pd.Series) -> float:
    """Probability that a relational shopper has the higher value, among those who have one; Mann-Whitney."""
    known = values.dropna().astype(float)
    of_relational = is_relational.loc[known.index].astype(bool)
    n, m = int(of_relational.sum()), int((~of_relational).sum())
    return float((known.rank()[of_relational].sum() - n * (n + 1) / 2) / (n * m))


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_many_weak_signs_tell_the_styles_apart(business: Business, world: World) -> None:
    style, components = styles(business, world)
    assert style["missing_reason"].isna().all()
    found = auc(style["score"], style["is_relational"])
    best = best_single(style, components)
    print(f"\nAUC {found:.3f}, best single {best:.3f}")
    assert best <= 0.75
    assert found >= 0.9


def best_single(style: pd.DataFrame, components: pd.DataFrame) -> float:
    """AUC of the best column alone, whichever way it points."""
    known = components.index[components["loading"].notna()]
    singles = [auc(style[name], style["is_relational"]) for name in known]
    return max(max(single, 1 - single) for single in singles)


def test_what_no_source_tells_is_left_out_and_said(business: Business) -> None:
    absent = {"int_messages_unioned", "int_survey_responses_scored", "int_reviews_unioned", "int_referrals_unioned"}
    style, components = styles(business, World(seed=5, contrast=1.3, without=frozenset(absent)))
    unheard = ["dialogue_answer_share", "offer_answer_share", "survey_reply_share", "review_share", "referral_share"]
    assert components.loc[unheard, "missing_reason"].notna().all()
    assert components.loc[unheard, "weight"].isna().all()
    assert style[unheard].isna().all(axis=None)
    found, best = auc(style["score"], style["is_relational"]), best_single(style, components)
    print(f"\nAUC {found:.3f}, best single {best:.3f}")
    assert found > best


def test_traits_that_say_nothing_tell_nobody_apart(business: Business) -> None:
    style, _ = styles(business, World(seed=6, contrast=0.0))
    assert auc(style["score"], style["is_relational"]) == pytest.approx(0.5, abs=0.05)

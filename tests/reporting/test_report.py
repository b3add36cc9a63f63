"""The nightly report: right figures, nobody's data, the same bytes twice, and sentences where nothing can be drawn."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import psycopg
import pytest
import yaml
from psycopg.conninfo import make_conninfo
from reporting.invented_shop import fill_orders
from reporting.live_marts import NIGHT, Connection, insert
from reporting.pages import charts_of, check_page, named_in, words_of
from typer.testing import CliRunner

import rapport.reporting
from rapport import settings
from rapport.businesses import Business
from rapport.errors import NightError, WarehouseError
from rapport.reporting import keep_report, report_path
from rapport.reporting.reading import reading


def page_of(conn: Connection, shop: Business) -> str:
    return keep_report(conn, shop, NIGHT).read_text(encoding="utf-8")


def test_empty_marts_give_sentences_and_no_chart(conn: Connection, shop: Business) -> None:
    page = page_of(conn, shop)
    check_page(page)
    assert charts_of(page) == []
    for words in (
        "no month with an order is over yet",
        "no month with a customer is over yet",
        "no export tells of any signal of a bond yet",
        "nobody has bought yet",
        "No export tells of a promise",
        "no survey has asked for it yet",
        "no export tells of service contacts",
        "No list can be judged yet",
        "No claim is listed",
    ):
        assert words in words_of(page)
    assert "None" not in words_of(page)


def test_every_section_draws_what_its_marts_hold(filled: Connection, shop: Business) -> None:
    page = page_of(filled, shop)
    check_page(page)
    assert "Kaffe &amp; Krus: report of 2026-03-03" in page
    drawn = " ".join(chart.get("aria-label") or "" for chart in charts_of(page))
    for words in (
        "Net revenue by month",
        "Repeat rate",
        "Customers by stage of their lifecycle",
        "a month later, February 2026",
        "Engagement tiers",
        "Shopper styles and loyalty classes tonight",
        "What each engagement tier brought",
        "Of those who first bought in a month",
        "Customers lost a year",
        "Promises kept, by kind",
        "Net promoter score by month",
        "Net promoter score by touchpoint",
        "What texts speak of",
        "Contacts per order",
        "Orders per contact",
        "After a bad experience",
        "How many more of 100 ordered",
        "What the literature says",
    ):
        assert words in drawn
    assert "None" not in words_of(page)


def test_headlines_tell_the_last_whole_month_against_the_one_before(filled: Connection, shop: Business) -> None:
    words = words_of(page_of(filled, shop))
    for told in (
        "February 2026 brought 1,000 EUR, +25 % on the month before, +25 % on the same month of last year.",
        "buyers in Feb 26 100 +25 % on Jan 26 (80)",
        # 14 cohorts, that of January has 10 persons; 2 more come back for each month since.
        "repeat rate: bought at least twice, of all who bought 34 % +2.5 points on Jan 26 (32 %)",
        "In February 2026 43 customers became late by their own habit, 18 came back, 33 bought for the first time.",
        "60 % of 10 customers with a bond were fully engaged, 10 % actively disengaged. Too thin to rely on.",
        "shopper style of customers relational 20 67 %",
        "Of 200 buyers of the year before, 35 % (29 to 42 %) bought nothing in the year to February 2026: above the"
        " literature's 10 to 30 %.",
        "Winning as many new ones costs 1,400 EUR at this year's spend; if keeping costs 5 to 10 times less, as the"
        " literature says, it would have been 140 to 280 EUR.",
        "at risk 1 1,234 EUR 56 EUR",
        "Of 101 promises that fell due in February 2026, 89 % were kept.",
        "NPS of February 2026: 10 (0 to 20; 320 answers); 40 the month before, and chance alone does not explain that.",
        "1 list proven to bring orders: at risk.",
        "Of 4 claims of the literature 0 agree with these data, 1 lie apart, 3 cannot be answered or compared.",
    ):
        assert told in words


def test_what_the_marts_call_too_thin_is_said_and_not_shown_as_a_figure(filled: Connection, shop: Business) -> None:
    words = words_of(page_of(filled, shop))
    for told in (
        "Reward given: too thin in every month; 0 kept, 0 open, 1 broken in all that is shown here.",
        "website (9) too thin",
        "Loyalty class of repeat customers: too thin (29).",
        "What a service contact is worth in retention: too thin.",
        "front desk 9 0 too thin too thin",
        "vip 900 100 400",
        "spoken to (12) too thin",
        "Jan 26 (10), too thin",
        "They trust more 20 % too thin",
        "One in four believes 25 % cannot be answered yet: no figure",
        "Winning costs more no figure cannot be answered by these data: no export tells",
    ):
        assert told in words
    for figure in ("77", "98.7", "99 %", "65.4"):
        assert named_in(words, [figure]) == []
    hollow = [
        chart for chart in charts_of(page_of(filled, shop)) if chart.get("aria-label") == "Contacts per order, by month"
    ]
    marks = [mark.get("class") for mark in hollow[0].iter("{http://www.w3.org/2000/svg}circle")]
    assert marks == ["f-warn l-warn", "hollow l-warn"]


def test_a_theme_that_rises_without_an_action_says_so(filled: Connection, shop: Business) -> None:
    words = words_of(page_of(filled, shop))
    assert "delivery 24 20 rising none: nothing is written down" in words
    assert "range 20 0 Three more colours buying 2026-01-15" in words


def test_a_shop_that_exports_only_orders_gets_its_page(conn: Connection, shop: Business) -> None:
    fill_orders(conn)
    page = page_of(conn, shop)
    check_page(page)
    assert 5 <= len(charts_of(page)) <= 8
    assert "Net revenue by month" in page
    assert "no survey has asked for it yet" in page
    assert "No export tells of a promise" in page


def test_the_same_night_twice_is_the_same_bytes(filled: Connection, shop: Business) -> None:
    first = keep_report(filled, shop, NIGHT).read_bytes()
    filled.execute("create table kept as table engagement.literature")
    filled.execute("delete from engagement.literature")
    filled.execute("insert into engagement.literature select * from kept order by claim desc")
    filled.commit()
    assert keep_report(filled, shop, NIGHT).read_bytes() == first


def test_what_a_product_is_called_is_text_on_the_page(filled: Connection, shop: Business) -> None:
    page = page_of(filled, shop)
    assert "Krus &lt;i&gt;blå&lt;/i&gt;" in page
    assert "<i>" not in page


def test_no_customer_is_named(filled: Connection, shop: Business) -> None:
    insert(
        filled,
        "customer_360.customers",
        {"customer_id": "c_0", "first_name": "Zebedee", "email": "zebedee@qwortz.example", "phone": "+4531223344"},
    )
    page = page_of(filled, shop)
    assert not [trace for trace in ("Zebedee", "zebedee", "qwortz", "31223344", "c_0") if trace in page]


def test_the_report_cannot_read_personal_data_or_write(filled: Connection, shop: Business) -> None:
    for query in ("select email from customer_360.customers", "select count(*) from ops.nights"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), reading(filled, shop, NIGHT) as marts:
            marts.rows(query)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), reading(filled, shop, NIGHT) as marts:
        marts.rows("insert into customer_360.orders (order_id) values ('x') returning order_id")


def test_the_reader_is_the_warehouses_owner_again_afterwards(filled: Connection, shop: Business) -> None:
    owner = filled.execute("select current_user").fetchone()
    keep_report(filled, shop, NIGHT)
    assert filled.execute("select current_user").fetchone() == owner


def test_the_report_of_another_night_than_the_live_one_is_refused(filled: Connection, shop: Business) -> None:
    with pytest.raises(NightError, match="those of 2026-03-03 are live"):
        keep_report(filled, shop, date(2026, 3, 2))
    assert not report_path(shop.name, date(2026, 3, 2)).exists()


def test_a_user_who_may_not_read_as_an_analyst_is_told_what_to_grant(filled: Connection, shop: Business) -> None:
    user = f"plain_{shop.name}"
    filled.execute(f"create role {user} login password 'plain'")  # type: ignore[arg-type]
    filled.execute(f"grant usage on schema ops to {user}; grant select on ops.publications to {user}")  # type: ignore[arg-type]
    filled.commit()
    login = make_conninfo(
        host=filled.info.host, port=filled.info.port, dbname=filled.info.dbname, user=user, password="plain"
    )
    try:
        with (
            psycopg.connect(login) as plain,
            pytest.raises(WarehouseError, match=f"grant rapport_analyst to {user}"),
            reading(plain, shop, NIGHT),
        ):
            pass
    finally:
        filled.execute(f"drop owned by {user}; drop role {user}")  # type: ignore[arg-type]
        filled.commit()


def test_the_exposure_names_the_marts_that_the_report_reads() -> None:
    read = {
        table
        for path in Path(rapport.reporting.__file__).parent.rglob("*.py")
        for table in re.findall(
            r"(?:from|join) (?:customer_360|loyalty|engagement|activation)\.(\w+)", path.read_text()
        )
    }
    exposures = yaml.safe_load((settings.DBT_PROJECT / "models/marts/_marts__exposures.yml").read_text())["exposures"]
    (report,) = [exposure for exposure in exposures if exposure["name"] == "nightly_report"]
    assert {ref.removeprefix("ref('").removesuffix("')") for ref in report["depends_on"]} == read
    assert len(read) > 15


def test_the_command_writes_the_live_nights_report_and_finds_earlier_ones(
    filled: Connection, shop: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rapport import cli
    from rapport.reporting import commands

    monkeypatch.setattr("rapport.businesses.load_business", lambda _: shop)
    cli.app.command(name="report_for_test")(commands.report)
    runner = CliRunner()
    shown = runner.invoke(cli.app, ["report_for_test", "--business", shop.name])
    assert shown.exit_code == 0, shown.output
    assert shown.output.strip() == str(report_path(shop.name, NIGHT))
    earlier = report_path(shop.name, date(2026, 3, 1))
    earlier.write_text("as it was")
    shown = runner.invoke(cli.app, ["report_for_test", "--business", shop.name, "--date", "2026-03-01"])
    assert shown.output.strip() == str(earlier)
    assert earlier.read_text() == "as it was"
    shown = runner.invoke(cli.app, ["report_for_test", "--business", shop.name, "--date", "2026-03-02"])
    assert isinstance(shown.exception, NightError)

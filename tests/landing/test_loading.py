"""One file at a time: what is loaded, quarantined, refused, left unchanged or superseded."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from landing.exports import (
    NIGHT,
    ORDERS,
    as_csv,
    assert_books_balance,
    good_order,
    order_table,
    quarantined,
    raw_rows,
)

from rapport.businesses import Business
from rapport.landing import Declaration, LoadResult, StillArriving, copying, load_file, loading
from rapport.landing.secret_headers import reads_like_a_secret
from rapport.nights import open_night

Conn = psycopg.Connection[Any]
TakeIn = Callable[..., LoadResult]
OrdersFile = Callable[..., Path]


def test_rows_arrive_as_the_vendor_wrote_them_amounts_in_their_one_form(
    take_in: TakeIn, orders_file: OrdersFile, conn: Conn
) -> None:
    odd = {"Lineitem name": 'Vase "Bølge", 20 cm\r\ntwo lines, ş ğ ı', "Email": "", "Total": " 12.50 "}
    result = take_in(orders_file([odd, {}]))
    assert (result.status, result.read, result.loaded, result.quarantined, result.skipped) == (
        "loaded",
        2,
        2,
        0,
        0,
    )
    assert (result.encoding, result.delimiter, result.reason) == ("utf-8", ",", None)
    found = raw_rows(conn, "shopify__orders", "_row_number", "lineitem_name", "email", "total", "_extra", "_load_id")
    assert found[0] == (1, odd["Lineitem name"], None, "12.50", None, result.load_id)
    assert found[1][:3] == (2, "Çay bardağı", "buyer1@example.com")


def test_an_unreadable_value_quarantines_its_row_and_loads_the_rest(
    take_in: TakeIn, orders_file: OrdersFile, conn: Conn
) -> None:
    rows = [
        {},
        {"Created at": "28.02.2026"},
        {"Email": "nobody"},
        {},
        {"Lineitem price": "9,90"},
        {"Name": ""},
        {},
    ]
    result = take_in(orders_file(rows))
    assert (result.read, result.loaded, result.quarantined) == (7, 3, 4)
    assert quarantined(conn) == [
        (2, "timestamp", "created_at"),
        (3, "email", "email"),
        (5, "decimal", "lineitem_price"),
        (6, "not_null", "name"),
    ]
    assert [row[0] for row in raw_rows(conn, "shopify__orders", "_row_number")] == [1, 4, 7]
    kept = conn.execute("select raw_row, reason from quality.quarantine where row_number = 3").fetchone()
    assert kept is not None
    assert json.loads(kept[0])["Email"] == "nobody"
    assert "nobody" not in kept[1] + str(result.reason)


def test_row_numbers_stay_right_around_rows_that_are_left_out(
    take_in: TakeIn, orders_file: OrdersFile, conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "BLOCK_BYTES", 2048)
    monkeypatch.setattr(copying, "_QUARANTINE_BATCH", 7)
    path = orders_file([{"Lineitem name": f"row {number}"} for number in range(1, 401)])
    lines = path.read_text().splitlines()
    for number in range(10, 400, 10):
        lines[number] = "too,few"
    lines[5] += ",too many"
    lines[33] = ""
    path.write_text("\n".join(lines) + "\n")
    result = take_in(path)
    assert (result.read, result.loaded, result.quarantined, result.skipped) == (400, 359, 40, 1)
    assert all(
        name == f"row {number}" for number, name in raw_rows(conn, "shopify__orders", "_row_number", "lineitem_name")
    )
    assert [row[0] for row in quarantined(conn)] == sorted([5, *range(10, 400, 10)])
    assert {rule for _, rule, _ in quarantined(conn)} == {"ragged_row"}


def test_blank_lines_are_skipped_and_counted(take_in: TakeIn, orders_file: OrdersFile) -> None:
    path = orders_file([{}, {}])
    n_columns = path.read_text().splitlines()[0].count(",")
    path.write_text(path.read_text() + "\n" + "," * n_columns + "\n\n")
    result = take_in(path)
    assert (result.read, result.loaded, result.skipped) == (5, 2, 3)


def test_a_row_with_a_nul_byte_is_quarantined(take_in: TakeIn, orders_file: OrdersFile, conn: Conn) -> None:
    result = take_in(orders_file([{}, {"Lineitem name": "a\0b"}, {"Email": "a@b.com\0a@b.com"}]))
    assert (result.loaded, result.quarantined) == (1, 2)
    assert quarantined(conn) == [(2, "nul_byte", "lineitem_name"), (3, "nul_byte", "email")]


def test_a_very_long_cell_is_loaded(take_in: TakeIn, orders_file: OrdersFile, conn: Conn) -> None:
    long = "ğ" * 3_000_000
    result = take_in(orders_file([{}, {"Lineitem name": long}, {}]))
    assert result.loaded == 3
    assert raw_rows(conn, "shopify__orders", "length(lineitem_name)")[1] == (3_000_000,)


def test_a_cell_longer_than_memory_allows_is_refused(
    take_in: TakeIn, orders_file: OrdersFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "BLOCK_BYTES", 1 << 12)
    monkeypatch.setattr(copying, "LARGEST_BLOCK_BYTES", 1 << 14)
    result = take_in(orders_file([{}, {"Lineitem name": "x" * 100_000}]))
    assert result.status == "refused"
    assert "longer than" in str(result.reason)


def test_undeclared_columns_are_kept_and_reported(take_in: TakeIn, orders_file: OrdersFile, conn: Conn) -> None:
    result = take_in(orders_file([{"Gift wrap": 'ja "tak"\n\t\\ \x01', "Høst": ""}, {}]))
    assert result.new_columns == ("Gift wrap", "Høst")
    assert "lineitem_sku" in result.missing_columns
    assert raw_rows(conn, "shopify__orders", "_extra") == [({"Gift wrap": 'ja "tak"\n\t\\ \x01'},), (None,)]


def test_ten_thousand_columns_are_kept(take_in: TakeIn, orders_file: OrdersFile, conn: Conn) -> None:
    result = take_in(orders_file([{f"Extra {number}": str(number) for number in range(10_000)}]))
    assert result.loaded == 1
    assert raw_rows(conn, "shopify__orders", "_extra->>'Extra 9999'") == [("9999",)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8"])
def test_a_byte_order_mark_is_no_part_of_the_first_header(
    take_in: TakeIn, orders_file: OrdersFile, encoding: str
) -> None:
    assert take_in(orders_file([{}], encoding=encoding)).loaded == 1


def test_line_ends_of_every_system_are_read(take_in: TakeIn, tmp_path: Path, conn: Conn) -> None:
    for day, line_end in enumerate(("\r\n", "\n", "\r"), start=1):
        path = tmp_path / f"orders_export_2026-02-0{day}.csv"
        path.write_bytes(as_csv(order_table([{}, {}]), lineterminator=line_end).encode())
        assert take_in(path).loaded == 2
    assert len(raw_rows(conn, "shopify__orders", "name")) == 6


def test_older_headers_are_read_by_their_aliases(take_in: TakeIn, tmp_path: Path, shared: Path, conn: Conn) -> None:
    for day, generation in enumerate(("A_until_2022", "B", "C_current"), start=1):
        header = (shared / f"exports/headers/shopify_customers_{generation}.csv").read_text().strip().split(",")
        values = {
            "Email": f"{generation.lower()}@example.com",
            "Zip": "'34000",
            "Default Address Zip": "'34000",
        }
        path = tmp_path / f"customers_export_2026-02-0{day}.csv"
        path.write_text(as_csv([header, [values.get(name, "") for name in header]]))
        result = take_in(path, "shopify customers")
        assert (result.loaded, result.new_columns) == (1, ())
    assert set(raw_rows(conn, "shopify__customers", "default_address_zip")) == {("'34000",)}


# ---- refused whole


def refused(result: LoadResult, *expected: str) -> None:
    assert result.status == "refused"
    assert (result.read, result.loaded, result.quarantined, result.skipped) == (0, 0, 0, 0)
    assert result.fix
    for part in expected:
        assert part in str(result.reason)


def test_an_empty_file_is_refused(take_in: TakeIn, tmp_path: Path) -> None:
    path = tmp_path / ORDERS
    path.touch()
    refused(take_in(path), "0 bytes")


def test_a_header_without_rows_is_refused_unless_that_is_declared(
    take_in: TakeIn, orders_file: OrdersFile, tmp_path: Path
) -> None:
    refused(take_in(orders_file([])), "no rows")
    tickets = tmp_path / "hubspot-crm-exports-all-tickets-2026-03-01.csv"
    tickets.write_text("Ticket ID,Ticket status,Create date\n")
    assert take_in(tickets, "hubspot tickets").status == "loaded"


def test_a_missing_required_column_refuses_the_file_by_its_name(take_in: TakeIn, tmp_path: Path) -> None:
    table = order_table([{}])
    table[0][table[0].index("Currency")] = "Currencies"
    path = tmp_path / ORDERS
    path.write_text(as_csv(table))
    result = take_in(path)
    refused(result, "line 1", "'Currency'")
    assert "'Currencies'" in str(result.fix)


def test_the_wrong_vendors_columns_are_refused_with_what_they_look_like(take_in: TakeIn, tmp_path: Path) -> None:
    path = tmp_path / ORDERS
    path.write_text("Ticket ID,Ticket name,Ticket status,Create date\n1,Hello,New,2026-03-01 10:00\n")
    result = take_in(path)
    refused(result, "shopify orders requires", "looks like hubspot tickets")
    assert "hubspot" in str(result.fix)


def test_an_unknown_encoding_is_refused_by_line(take_in: TakeIn, orders_file: OrdersFile) -> None:
    path = orders_file([{}, {"Lineitem name": "Bølge"}], encoding="windows-1254")
    refused(take_in(path), "not utf-8", "line 2")


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-16", "utf-16"), ("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be"), ("utf-32", "utf-32")],
)
def test_utf16_shows_itself_with_a_mark_or_without(
    take_in: TakeIn, orders_file: OrdersFile, conn: Conn, encoding: str, told: str
) -> None:
    result = take_in(orders_file([{}], encoding=encoding))
    assert (result.status, result.encoding, result.loaded) == ("loaded", told, 1)
    assert raw_rows(conn, "shopify__orders", "lineitem_name") == [("Çay bardağı",)]


def test_a_truncated_last_line_is_refused_by_its_row(take_in: TakeIn, orders_file: OrdersFile) -> None:
    path = orders_file([{}, {}, {}])
    content = path.read_bytes()
    path.write_bytes(content[: content.rindex(b",")])
    refused(take_in(path), "data row 3", "cut off after 9 of 10 columns")


def test_a_quote_left_open_is_refused_by_its_row(take_in: TakeIn, orders_file: OrdersFile) -> None:
    path = orders_file([{}, {"Lineitem name": "MARK"}, {}, {}])
    path.write_text(path.read_text().replace("MARK", '"MARK'))
    refused(take_in(path), "data row 2", "never closed")
    cut = orders_file([{}, {"Lineitem name": "two\nlines"}], name="orders_export_cut.csv")
    cut.write_text(cut.read_text().split("lines")[0])
    refused(take_in(cut), "data row 2", "never closed")


def test_a_whole_last_line_needs_no_line_end(take_in: TakeIn, orders_file: OrdersFile) -> None:
    path = orders_file([{}, {}])
    path.write_bytes(path.read_bytes().removesuffix(b"\n"))
    assert take_in(path).loaded == 2


def test_nothing_of_a_refused_file_is_in_the_warehouse(take_in: TakeIn, orders_file: OrdersFile, conn: Conn) -> None:
    path = orders_file([{"Lineitem name": "x" * 5000, "Email": "bad"} for _ in range(2000)])
    path.write_bytes(path.read_bytes() + b'TR1,"')
    refused(take_in(path))
    assert conn.execute("select to_regclass('raw.shopify__orders')").fetchone() == (None,)
    assert quarantined(conn) == []


def test_the_same_refused_file_is_written_down_once(take_in: TakeIn, orders_file: OrdersFile, conn: Conn) -> None:
    path = orders_file([])
    first, second = take_in(path), take_in(path)
    assert first.load_id == second.load_id
    assert conn.execute("select count(*) from ops.loads").fetchone() == (1,)


# ---- again, corrected, copied


def test_the_same_file_again_changes_nothing(take_in: TakeIn, orders_file: OrdersFile, conn: Conn) -> None:
    path = orders_file([{}, {}])
    first = take_in(path)
    ledger = conn.execute("select * from ops.loads").fetchall()
    os.utime(path)
    again = take_in(path)
    assert (again.status, again.load_id, again.loaded) == ("unchanged", first.load_id, 2)
    assert conn.execute("select * from ops.loads").fetchall() == ledger
    assert len(raw_rows(conn, "shopify__orders", "name")) == 2


def test_a_corrected_file_supersedes_its_predecessor(
    take_in: TakeIn, orders_file: OrdersFile, conn: Conn, business: Business
) -> None:
    wrong = take_in(orders_file([{}, {"Email": "bad"}]))
    next_night = NIGHT + timedelta(days=1)
    open_night(conn, business, next_night)
    conn.commit()
    right = take_in(orders_file([{}, {"Email": "good@example.com"}]), on=next_night)
    assert right.supersedes == wrong.load_id
    active = "select array_agg(load_id) from ops.loads_as_of(%s) as load_id"
    assert conn.execute(active, [NIGHT]).fetchone() == ([wrong.load_id],)
    assert conn.execute(active, [next_night]).fetchone() == ([right.load_id],)
    assert conn.execute("select distinct state from quality.quarantine").fetchall() == [("superseded",)]


def test_a_file_put_back_to_what_it_was_supersedes_the_correction(
    take_in: TakeIn, orders_file: OrdersFile, conn: Conn
) -> None:
    first = take_in(orders_file([{"Total": "1.00"}]))
    second = take_in(orders_file([{"Total": "2.00"}]))
    third = take_in(orders_file([{"Total": "1.00"}]))
    assert (third.status, third.supersedes) == ("loaded", second.load_id)
    assert third.load_id != first.load_id


def test_a_copy_under_another_name_is_not_loaded_twice(take_in: TakeIn, orders_file: OrdersFile, conn: Conn) -> None:
    first = take_in(orders_file([{}]))
    copy = take_in(orders_file([{}], name="orders_export_shop_2026-03-01.csv"))
    assert (copy.status, copy.load_id) == ("unchanged", first.load_id)
    assert ORDERS in str(copy.reason)


def test_an_export_that_says_the_same_on_another_day_is_news(take_in: TakeIn, orders_file: OrdersFile) -> None:
    take_in(orders_file([{}], name="orders_export_2026-02-28.csv"))
    assert take_in(orders_file([{}])).status == "loaded"


def test_a_refused_file_does_not_supersede_what_is_loaded(take_in: TakeIn, orders_file: OrdersFile, conn: Conn) -> None:
    loaded = take_in(orders_file([{}]))
    refused(take_in(orders_file([])))
    assert conn.execute("select array_agg(id) from ops.loads_as_of(%s) as id", [NIGHT]).fetchone() == (
        [loaded.load_id],
    )


def test_a_file_that_grows_while_it_is_read_is_left_alone(
    conn: Conn,
    business: Business,
    declarations: list[Declaration],
    orders_file: OrdersFile,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = orders_file([{}, {}])
    finish = loading.copy_as_written

    def grow_meanwhile(*arguments: Any) -> Any:
        done = finish(*arguments)
        with path.open("a") as file:
            file.write("more")
        return done

    monkeypatch.setattr(loading, "copy_as_written", grow_meanwhile)
    orders = next(table for table in declarations if str(table) == "shopify orders")
    with pytest.raises(StillArriving):
        load_file(conn, business, orders, path, NIGHT)
    assert conn.execute("select count(*) from ops.loads").fetchone() == (0,)
    assert_books_balance(conn)


def test_a_lost_connection_leaves_nothing_and_the_next_try_loads_all(
    conn: Conn, business: Business, declarations: list[Declaration], orders_file: OrdersFile, take_in: TakeIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    path = orders_file([{} for _ in range(2000)])
    monkeypatch.setattr(copying, "BLOCK_BYTES", 1 << 14)
    orders = next(table for table in declarations if str(table) == "shopify orders")
    from rapport.warehouse import connect

    with connect(business.name) as doomed:
        pid = doomed.info.backend_pid
        sort = copying.RowSorter.sort

        def kill_first(self: Any, block: Any) -> Any:
            if block.row_numbers[0] > 500:
                conn.execute("select pg_terminate_backend(%s, 5000)", [pid])
                conn.commit()
            return sort(self, block)

        with monkeypatch.context() as patch:
            patch.setattr(copying.RowSorter, "sort", kill_first)
            with pytest.raises(psycopg.OperationalError):
                load_file(doomed, business, orders, path, NIGHT)
    assert_books_balance(conn)
    assert take_in(path).loaded == 2000


# ---- what is never loaded, and what spreadsheets do


def test_dropped_columns_reach_neither_raw_nor_quarantine(take_in: TakeIn, tmp_path: Path, conn: Conn) -> None:
    path = tmp_path / "survey.csv"
    address = "203.0.113.77"
    table = [
        ["Respondent ID", "End Date", "IP Address", "ip address", "How was it?"],
        ["", "", "", "", "Open-Ended Response"],
        ["1", "03/01/2026 10:00:00", address, address, "fine"],
        ["2", "yesterday", address, address, "fine"],
        ["3", "03/01/2026 10:00:00", address, address, "fine", "one too many"],
    ]
    path.write_text(as_csv(table))
    result = take_in(path, "surveymonkey responses")
    assert (result.loaded, result.quarantined) == (1, 2)
    stored = conn.execute(
        "select string_agg(to_jsonb(r)::text, '') from raw.surveymonkey__responses as r"
        " union all select string_agg(raw_row, '') from quality.quarantine"
    ).fetchall()
    assert all(text and address not in text for (text,) in stored)
    assert raw_rows(conn, "surveymonkey__responses", "_extra") == [({"How was it?": "fine"},)]


def test_an_undeclared_column_that_reads_like_a_secret_is_kept_nowhere_and_told(
    take_in: TakeIn, orders_file: OrdersFile, conn: Conn
) -> None:
    secret = {"password_hash": "s3cret", "Browser IP": "s3cret", "rp_token": "s3cret", "Gift note": "hello"}
    path = orders_file([secret, secret | {"Email": "bad"}])
    path.write_text(path.read_text() + '"ragged",s3cret\n')
    result = take_in(path)
    assert (result.loaded, result.quarantined) == (1, 2)
    assert (result.new_columns, set(result.unkept_columns)) == (("Gift note",), set(secret) - {"Gift note"})
    stored = conn.execute(
        "select string_agg(to_jsonb(r)::text, '') from raw.shopify__orders as r"
        " union all select string_agg(raw_row, '') from quality.quarantine"
        " union all select string_agg(to_jsonb(c)::text, '') from ops.load_columns as c"
    ).fetchall()
    assert all(text and "s3cret" not in text for (text,) in stored)
    assert conn.execute("select unkept_columns from ops.loads").fetchone() == (list(result.unkept_columns),)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        *((header, True) for header in ("Password", "password_hash", "rp_token", "rp_token_created_at", "IP", "Token")),
        *((header, True) for header in ("Remote IP", "ip-adresse", "Reset Token", "CC Number", "Parola", "API key")),
        *((header, False) for header in ("VIP", "Salt (g)", "Zip", "Card number", "Tip", "Token of thanks", "Ship")),
    ],
)
def test_headers_of_secrets_are_told_from_others(header: str, expected: bool) -> None:
    assert reads_like_a_secret(header) is expected


@pytest.mark.parametrize("cell", ["=1+1", "=HYPERLINK(A1)", "+1+cmd|' /C calc'!A0", "@SUM(1)"])
def test_a_formula_is_text_where_text_is_expected_and_a_fault_elsewhere(
    take_in: TakeIn, orders_file: OrdersFile, conn: Conn, cell: str
) -> None:
    result = take_in(orders_file([{"Lineitem name": cell}, {"Total": cell}]))
    assert (result.loaded, result.quarantined) == (1, 1)
    assert raw_rows(conn, "shopify__orders", "lineitem_name") == [(cell,)]


def test_a_guard_against_spreadsheets_is_no_part_of_a_typed_value(
    take_in: TakeIn, orders_file: OrdersFile, conn: Conn
) -> None:
    take_in(orders_file([{"Total": "'12.50", "Lineitem quantity": '="2"'}]))
    assert raw_rows(conn, "shopify__orders", "total", "lineitem_quantity") == [("12.50", "2")]


def test_the_ledger_says_when_how_large_and_what(take_in: TakeIn, orders_file: OrdersFile, conn: Conn) -> None:
    import hashlib

    path = orders_file([{}, good_order(5)])
    take_in(path)
    row = conn.execute(
        "select file_name, file_date, file_size, digest, kind, finished_at >= started_at from ops.loads"
    ).fetchone()
    content = path.read_bytes()
    assert row == (ORDERS, NIGHT, len(content), hashlib.blake2b(content).hexdigest(), "ecommerce", True)

"""A list's bytes: RFC 4180, the same for the same rows, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.activation.destinations import Destination, declared_destinations
from rapport.activation.forms import neutralised
from rapport.activation.lists import LIST_COLUMNS, file_stem, frame_of, render

DROP = declared_destinations()["drop"]
VALID_UNTIL = datetime(2026, 12, 1, 0, 0, tzinfo=timezone(timedelta(hours=3)))


def row(customer_id: str = "c_1", **values: Any) -> list[Any]:
    found = {
        "business_date": date(2026, 11, 21),
        "segment": "vip",
        "destination": "drop",
        "customer_id": customer_id,
        "channel": "email",
        "contact": "ada@example.com",
        "locale": "tr",
        "first_name": "Ada",
        "reason": "because",
        "offer": None,
        "valid_until": VALID_UNTIL,
        "send_not_before": datetime(2026, 11, 22, 8, 0, tzinfo=timezone(timedelta(hours=3))),
        "send_not_after": datetime(2026, 11, 22, 21, 0, tzinfo=timezone(timedelta(hours=3))),
        "last_name": "Yılmaz",
        "birth_date": date(1990, 2, 16),
        "city": "København K",
        "postal_code": "1050",
        "country_code": "DK",
        **values,
    }
    return [found[column] for column in LIST_COLUMNS]


def cells(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def test_a_list_is_utf_8_without_bom_and_ends_its_lines_with_crlf() -> None:
    content = render(frame_of([row(first_name="Şölen")]), DROP)
    assert content == (
        b"customer_id,segment,reason,channel,contact,locale,first_name,offer,valid_until,"
        b"send_not_before,send_not_after\r\n"
        b"c_1,vip,because,email,ada@example.com,tr," + "Şölen".encode() + b",,2026-11-30T21:00:00Z,"
        b"2026-11-22T05:00:00Z,2026-11-22T18:00:00Z\r\n"
    )


def test_rows_are_sorted_by_customer_whatever_order_the_warehouse_gave() -> None:
    rows = [row("c_b"), row("c_a"), row("c_C")]
    assert render(frame_of(rows), DROP) == render(frame_of(rows[::-1]), DROP)
    assert [cell["customer_id"] for cell in cells(render(frame_of(rows), DROP))] == ["c_C", "c_a", "c_b"]


def test_a_list_of_nobody_is_its_header() -> None:
    assert render(frame_of([]), DROP) == (",".join(DROP.headers) + "\r\n").encode()


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", '=HYPERLINK("http://x","y")'], ids=repr)
def test_a_cell_that_a_spreadsheet_would_run_is_neutralised(name: str) -> None:
    assert cells(render(frame_of([row(first_name=name)]), DROP))[0]["first_name"] == "'" + name


@pytest.mark.parametrize("name", ["O'Brien", "Anne-Marie", "a=b", "'=1", "", "Ås, Åge", 'the "best"'], ids=repr)
def test_other_cells_stay_as_they_are(name: str) -> None:
    assert cells(render(frame_of([row(first_name=name)]), DROP))[0]["first_name"] == name


def test_a_phone_keeps_its_plus_and_nothing_else_does() -> None:
    phone, formula = row("c_1", contact="+905321234567"), row("c_2", contact="+1+cmd|' /C calc'!A0")
    found = [cell["contact"] for cell in cells(render(frame_of([phone, formula]), DROP))]
    assert found == ["+905321234567", "'+1+cmd|' /C calc'!A0"]
    assert neutralised("+905321234567") == "'+905321234567"


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")))
def test_any_text_comes_back_from_the_file_as_it_went_in(text: str) -> None:
    content = render(frame_of([row(reason=text)]), DROP)
    assert cells(content)[0]["reason"] == neutralised(text)


def test_a_destination_names_its_own_columns_and_forms() -> None:
    mapping = Destination.model_validate(
        {
            "name": "desk",
            "title": "Service desk",
            "owner": "service",
            "schema_version": 1,
            "folder": "desk",
            "columns": [
                {"header": "Customer", "from": "customer_id"},
                {"header": "Until", "from": "valid_until", "form": "date"},
            ],
        }
    )
    content = render(frame_of([row(valid_until=datetime(2026, 12, 1, tzinfo=UTC))]), mapping)
    assert content == b"Customer,Until\r\nc_1,2026-12-01\r\n"


def test_a_list_has_one_name_a_night() -> None:
    assert file_stem("vip", date(2026, 11, 21)) == "vip_20261121_full"

"""A list's bytes: RFC 4180, the same for the same rows, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from activation_night import batch_of
from hypothesis import given
from hypothesis import strategies as st

from rapport.activation.destinations import Destination, declared_destinations
from rapport.activation.forms import neutralised
from rapport.activation.lists import ListOf, render

DROP = declared_destinations()["drop"]


def row(customer_id: str = "c_1", **values: Any) -> dict[str, Any]:
    return {
        "business_date": "2026-11-21",
        "segment": "vip",
        "destination": "drop",
        "customer_id": customer_id,
        "channel": "email",
        "contact": "ada@example.com",
        "locale": "tr",
        "first_name": "Ada",
        "reason": "because",
        "offer": None,
        "valid_until": "2026-11-30T21:00:00Z",
        "send_not_before": "2026-11-22T05:00:00Z",
        "send_not_after": "2026-11-22T18:00:00Z",
        "last_name": "Yılmaz",
        "birth_date": "1990-02-16",
        "city": "København K",
        "postal_code": "1050",
        "country_code": "DK",
        **values,
    }


def rendered(*rows: dict[str, Any], to: Destination = DROP) -> bytes:
    return b"".join(render([batch_of(list(rows))], to))


def neutral(text: str) -> str:
    (found,) = neutralised(pa.array([text])).to_pylist()
    return str(found)


def cells(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def test_a_list_is_utf_8_without_bom_and_ends_its_lines_with_crlf() -> None:
    content = rendered(row(first_name="Şölen"))
    assert content == (
        b"customer_id,segment,reason,channel,contact,locale,first_name,offer,valid_until,"
        b"send_not_before,send_not_after\r\n"
        b"c_1,vip,because,email,ada@example.com,tr," + "Şölen".encode() + b",,2026-11-30T21:00:00Z,"
        b"2026-11-22T05:00:00Z,2026-11-22T18:00:00Z\r\n"
    )


def test_a_list_of_nobody_is_its_header() -> None:
    assert rendered() == (",".join(DROP.headers) + "\r\n").encode()


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", '=HYPERLINK("http://x","y")'], ids=repr)
def test_a_cell_that_a_spreadsheet_would_run_is_neutralised(name: str) -> None:
    assert cells(rendered(row(first_name=name)))[0]["first_name"] == "'" + name


@pytest.mark.parametrize("name", ["O'Brien", "Anne-Marie", "a=b", "'=1", "", "Ås, Åge", 'the "best"'], ids=repr)
def test_other_cells_stay_as_they_are(name: str) -> None:
    assert cells(rendered(row(first_name=name)))[0]["first_name"] == name


def test_a_phone_keeps_its_plus_and_nothing_else_does() -> None:
    phone, formula = row("c_1", contact="+905321234567"), row("c_2", contact="+1+cmd|' /C calc'!A0")
    found = [cell["contact"] for cell in cells(rendered(phone, formula))]
    assert found == ["+905321234567", "'+1+cmd|' /C calc'!A0"]
    assert neutral("+905321234567") == "'+905321234567"


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")))
def test_any_text_comes_back_from_the_file_as_it_went_in(text: str) -> None:
    content = rendered(row(reason=text))
    assert cells(content)[0]["reason"] == neutral(text)


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
    content = rendered(row(valid_until="2026-12-01T00:00:00Z"), to=mapping)
    assert content == b"Customer,Until\r\nc_1,2026-12-01\r\n"


def test_a_list_has_one_name_a_night() -> None:
    assert ListOf(date(2026, 11, 21), "vip", "drop").file_name == "vip_20261121_full.csv"

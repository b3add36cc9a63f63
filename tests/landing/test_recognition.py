"""Which files belong to which declared table."""

from __future__ import annotations

import os
import time
from datetime import date
from pathlib import Path

import pytest

from rapport.landing import Declaration
from rapport.landing.packing import ExportFile
from rapport.landing.recognition import is_settled, landed_files, recognise

CONTACTS = "Record ID,First Name,Last Name,Email,Create Date\n"


def recognised(declarations: list[Declaration], path: Path, folder: Path, content: str = "x\n") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return str(recognise(ExportFile.whole(path), folder, declarations).declaration)


@pytest.mark.parametrize(
    ("name", "expected", "day"),
    [
        ("shopify/orders_export_2026-03-01.csv", "shopify orders", date(2026, 3, 1)),
        ("shopify/Orders_Export_1.CSV", "shopify orders", None),
        ("hubspot-crm-exports-all-contacts-2026-03-01-2.csv", "hubspot contacts", date(2026, 3, 1)),
        ("hubspot/2026/hubspot-crm-exports-all-tickets-2026-03-01.csv", "hubspot tickets", date(2026, 3, 1)),
        ("campaign_descriptions_2018-01-01.csv", "completejourney campaign_descriptions", date(2018, 1, 1)),
        ("surveymonkey/After delivery 2026-03-01.csv", "surveymonkey responses", date(2026, 3, 1)),
        ("surveymonkey/whatever.csv", "surveymonkey responses", None),
    ],
)  # fmt: skip
def test_a_name_says_whose_export_it_is_and_of_which_day(
    declarations: list[Declaration], tmp_path: Path, name: str, expected: str, day: date | None
) -> None:
    path = tmp_path / name
    assert recognised(declarations, path, tmp_path) == expected
    assert recognise(ExportFile.whole(path), tmp_path, declarations).file_date == day


def test_a_strange_name_is_recognised_by_its_header(declarations: list[Declaration], tmp_path: Path) -> None:
    assert (
        recognised(declarations, tmp_path / "people.csv", tmp_path, CONTACTS + "1,A,B,a@b.dk,\n") == "hubspot contacts"
    )
    assert recognised(declarations, tmp_path / "survey.csv", tmp_path, "RespondentID,How?\n,Response\n1,ok\n") == (
        "surveymonkey responses"
    )


def test_a_list_of_those_who_agreed_is_told_by_its_name_alone(declarations: list[Declaration], tmp_path: Path) -> None:
    header = "Email Address,MEMBER_RATING,OPTIN_TIME,LEID\n"
    for name, table in (
        ("subscribed_email_audience_export_3f9ab210cc.csv", "mailchimp subscribed"),
        ("nonsubscribed_email_audience_export_3f9ab210cc.csv", "mailchimp audience"),
        ("newsletter.csv", "mailchimp audience"),
    ):
        assert recognised(declarations, tmp_path / "mailchimp" / name, tmp_path, header) == table


def test_a_vendors_folder_outweighs_another_vendors_header(declarations: list[Declaration], tmp_path: Path) -> None:
    path = tmp_path / "shopify" / "people.csv"
    tickets = "Ticket ID,Ticket name,Ticket status,Create date\n1,Hello,New,2026-03-01 10:00\n"
    assert recognised(declarations, path, tmp_path, tickets) == "None"
    assert recognised(declarations, tmp_path / "tickets.csv", tmp_path, tickets) == "hubspot tickets"


def test_a_file_of_no_table_is_told_what_comes_nearest(declarations: list[Declaration], tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    assert recognised(declarations, path, tmp_path, "Record ID,First Name,Shoe size\n1,A,38\n") == "None"
    found = recognise(ExportFile.whole(path), tmp_path, declarations)
    assert "nearest to hubspot contacts (2 of 19 columns)" in found.reason
    assert found.fix


@pytest.mark.parametrize("content", [b"", b"\x00\x01\xff\xfe", b"\xff\xfeR\x00", b'"', b"\n\n\n", b"no such thing"])
def test_what_is_no_export_is_no_error(declarations: list[Declaration], tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "thing.bin"
    path.write_bytes(content)
    found = recognise(ExportFile.whole(path), tmp_path, declarations)
    assert found.declaration is None
    assert found.reason


def test_an_impossible_date_in_a_name_is_said(declarations: list[Declaration], tmp_path: Path) -> None:
    path = tmp_path / "shopify" / "orders_export_2026-02-30.csv"
    assert recognised(declarations, path, tmp_path) == "None"
    assert "2026-02-30" in recognise(ExportFile.whole(path), tmp_path, declarations).reason


def test_temporary_names_and_set_aside_folders_are_left_alone(tmp_path: Path) -> None:
    names = [
        ".a.csv",
        "_a.csv",
        "a.csv.part",
        "a.TMP",
        "a.csv.filepart",
        "a.crdownload",
        "a.csv~",
        "_truth/a.csv",
    ]
    names += [".git/a.csv", "shopify/_done/a.csv", "shopify/a.csv"]
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert [str(path.relative_to(tmp_path)) for path in landed_files(tmp_path)] == ["shopify/a.csv"]


def test_a_file_settles_when_nobody_has_written_to_it_for_a_while(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.touch()
    assert not is_settled(path, 60)
    assert is_settled(path, 0)
    os.utime(path, (time.time() - 61, time.time() - 61))
    assert is_settled(path, 60)

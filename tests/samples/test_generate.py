"""The invented retailer's files: the same for the same seed, in the vendors' form, dirty as _truth says."""

from __future__ import annotations

import csv
import filecmp
import hashlib
import io
import json
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import phonenumbers
import pytest

from rapport.samples import employees
from rapport.samples.contact_points import PLACEHOLDER_MAIL
from rapport.samples.nights import generate
from rapport.settings import PROJECT_ROOT

START = date(2026, 3, 1)
CUSTOMERS = 1500
NIGHT_1, NIGHT_2 = "2026-03-01", "2026-03-02"


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("landing")
    generate(CUSTOMERS, 3, 11, START, out)
    return out


def read(path: Path) -> list[list[str]]:
    encoding = "cp1252" if "Kundeoplevelse_DK_2026-03-02" in path.name else "utf-8-sig"
    with path.open(encoding=encoding, newline="") as stream:
        return list(csv.reader(stream))


def records(path: Path) -> list[dict[str, str]]:
    header, *rows = read(path)
    return [dict(zip(header, row, strict=True)) for row in rows]


def exports(landing: Path) -> list[Path]:
    return sorted(path for path in landing.glob("[!_]*/*.csv"))


def orders(landing: Path, night: str = NIGHT_1) -> list[dict[str, str]]:
    return records(landing / "shopify" / f"orders_export_{night}.csv")


def contacts(landing: Path, night: str = NIGHT_1) -> list[dict[str, str]]:
    return records(landing / "hubspot" / f"hubspot-crm-exports-all-contacts-{night}.csv")


def truth(landing: Path, name: str) -> list[dict[str, str]]:
    return records(landing / "_truth" / f"{name}.csv")


def same_files(one: Path, other: Path, names: list[Path]) -> bool:
    return all(filecmp.cmp(one / name, other / name, shallow=False) for name in names)


def test_another_process_with_the_same_seed_writes_the_same_bytes(landing: Path, tmp_path: Path) -> None:
    program = (
        "from datetime import date; from pathlib import Path; from rapport.samples.nights import generate;"
        f"generate({CUSTOMERS}, 3, 11, date(2026, 3, 1), Path({str(tmp_path)!r}))"
    )
    environment = os.environ | {
        "PYTHONHASHSEED": "99",
        "PYTHONPATH": str(PROJECT_ROOT / "plugins"),
        "TZ": "Asia/Tokyo",
    }
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
    names = [path.relative_to(landing) for path in landing.rglob("*.csv")]
    # Side systems write no file on a night without news.
    assert len([name for name in names if name.parts[0] != "generic"]) == 3 * 9 + 1 + 3  # the staff is asked once
    assert same_files(landing, tmp_path, names)


def test_another_seed_writes_other_orders(tmp_path: Path) -> None:
    generate(60, 1, 7, START, tmp_path / "seven")
    generate(60, 1, 8, START, tmp_path / "eight")
    name = f"shopify/orders_export_{NIGHT_1}.csv"
    assert (tmp_path / "seven" / name).read_bytes() != (tmp_path / "eight" / name).read_bytes()


def test_one_night_more_leaves_earlier_exports_as_they_are(landing: Path, tmp_path: Path) -> None:
    generate(CUSTOMERS, 2, 11, START, tmp_path)
    names = [path.relative_to(tmp_path) for path in exports(tmp_path)]
    assert len([name for name in names if name.parts[0] != "generic"]) == 2 * 9 + 1
    assert same_files(landing, tmp_path, names)


def test_a_file_of_the_same_bytes_is_not_touched(tmp_path: Path) -> None:
    generate(60, 1, 7, START, tmp_path)
    files = list(tmp_path.rglob("*.csv"))
    changed = tmp_path / "shopify" / f"orders_export_{NIGHT_1}.csv"
    changed.write_text("something else")
    for file in files:
        os.utime(file, ns=(10**18, 10**18))
    written = generate(60, 1, 7, START, tmp_path)
    assert [file for file in files if file.stat().st_mtime_ns != 10**18] == [changed]
    assert [name for name, _, is_new in written.files if is_new] == [f"shopify/{changed.name}"]
    assert not list(tmp_path.rglob(".*"))


@pytest.mark.parametrize(
    ("export", "header"),
    [
        ("shopify/orders_export_2026-03-01.csv", "shopify_orders_2022plus.csv"),
        ("shopify/customers_export_2026-03-01.csv", "shopify_customers_C_current.csv"),
    ],
)
def test_shopify_headers_are_the_vendors_own(landing: Path, shared: Path, export: str, header: str) -> None:
    assert read(landing / export)[0] == read(shared / "exports" / "headers" / header)[0]


def test_surveymonkey_headers_begin_with_the_vendors_own(landing: Path, shared: Path) -> None:
    [prefix] = read(shared / "exports" / "headers" / "surveymonkey_prefix.csv")
    first, second = read(landing / "surveymonkey" / f"Customer_Experience_TR_{NIGHT_1}.csv")[:2]
    assert first[: len(prefix)] == prefix
    assert second[: len(prefix)] == [""] * len(prefix)
    assert set(second[len(prefix) :]) == {"Response", "Open-Ended Response"}


def test_continuation_rows_carry_only_the_line(landing: Path) -> None:
    seen: set[str] = set()
    n_continuations = 0
    for row in orders(landing):
        if row["Name"] not in seen:
            seen.add(row["Name"])
            assert row["Total"]
            assert row["Id"]
            continue
        n_continuations += 1
        filled = {header for header, value in row.items() if value and not header.startswith("Lineitem")}
        assert filled <= {"Name", "Email", "Created at", "Vendor"}
        assert row["Lineitem price"]
    assert n_continuations > 100


def test_order_amounts_add_up(landing: Path) -> None:
    planted = {fact["key"] for fact in truth(landing, "planted")}
    gross: Counter[str] = Counter()
    heads = {}
    for row in orders(landing):
        gross[row["Name"]] += cents(row["Lineitem price"]) * int(row["Lineitem quantity"])
        if row["Id"]:
            heads[row["Name"]] = row
    for name, head in heads.items():
        if name not in planted:
            assert cents(head["Subtotal"]) == gross[name] - cents(head["Discount Amount"])
            assert cents(head["Total"]) == cents(head["Subtotal"]) + cents(head["Shipping"])
            assert head["Currency"] == {"TR": "TRY", "DK": "DKK"}[name[:2]]
            assert cents(head["Refunded Amount"]) <= cents(head["Total"])


def cents(amount: str) -> int:
    assert re.fullmatch(r"\d+\.\d\d", amount)
    return int(amount.replace(".", ""))


def test_cells_are_quoted_only_where_needed_and_read_back_the_same(landing: Path) -> None:
    for path in exports(landing):
        encoding = "cp1252" if "Kundeoplevelse_DK_2026-03-02" in path.name else "utf-8-sig"
        rows = read(path)
        assert {len(row) for row in rows} == {len(rows[0])}
        again = io.StringIO()
        csv.writer(again, lineterminator="\n").writerows(rows)
        assert again.getvalue() == path.read_bytes().decode(encoding)


def test_a_night_tells_only_what_happened_by_its_end_and_nothing_twice(landing: Path) -> None:
    numbers: list[str] = []
    for night in (NIGHT_1, NIGHT_2, "2026-03-03"):
        events = records(landing / "hubspot" / f"hubspot-crm-exports-email-events-{night}.csv")
        numbers += [event["Event ID"] for event in events]
        assert all(event["Created"][:10] <= night for event in events if event["Created"][:2] == "20")
    assert len(numbers) == len(set(numbers))


def test_orders_come_again_when_they_are_sent_or_changed(landing: Path) -> None:
    first = {row["Name"]: row for row in orders(landing) if row["Id"]}
    again = {row["Name"]: row for row in orders(landing, NIGHT_2) if row["Id"] and row["Name"] in first}
    assert any(first[name]["Fulfilled at"] == "" and row["Fulfilled at"] for name, row in again.items())
    assert all(row["Id"] == first[name]["Id"] for name, row in again.items())


def test_every_night_brings_first_time_buyers_opt_outs_and_detractors(landing: Path) -> None:
    known = {row["Name"] for row in orders(landing)}
    for night in (NIGHT_2, "2026-03-03"):
        assert {row["Name"] for row in orders(landing, night)} - known
        consents = records(landing / "hubspot" / f"hubspot-crm-exports-communication-subscriptions-{night}.csv")
        assert any(row["Status"] == "OPT_OUT" for row in consents)
        scores = [
            int(row["How likely is it that you would recommend us to a friend or colleague?"])
            for path in landing.glob(f"surveymonkey/*_{night}.csv")
            for row in records(path)[1:]
        ]
        assert min(scores) <= 6


def test_text_message_answers_arrive_a_day_late(landing: Path) -> None:
    rows = records(landing / "surveymonkey" / f"Customer_Experience_SMS_{NIGHT_2}.csv")[1:]
    assert rows
    # 2026-03-01 in Istanbul, written in UTC.
    first, last = datetime(2026, 2, 28, 21), datetime(2026, 3, 1, 21)  # noqa: DTZ001 - as the file has it
    for row in rows:
        assert first < datetime.strptime(row["End Date"], "%m/%d/%Y %H:%M:%S") <= last  # noqa: DTZ007
    late = [fact["file"] for fact in truth(landing, "planted") if fact["kind"] == "late_file"]
    assert f"surveymonkey/Customer_Experience_SMS_{NIGHT_2}.csv" in late


def test_one_file_a_night_has_a_byte_order_mark_and_a_danish_one_its_own_encoding(landing: Path) -> None:
    for night in (NIGHT_1, NIGHT_2, "2026-03-03"):
        marked = [p for p in exports(landing) if night in p.name and p.read_bytes().startswith(b"\xef\xbb\xbf")]
        assert len(marked) == 1
    danish = (landing / "surveymonkey" / f"Kundeoplevelse_DK_{NIGHT_2}.csv").read_bytes()
    danish.decode("cp1252")
    with pytest.raises(UnicodeDecodeError):
        danish.decode("utf-8")


def test_bad_rows_stand_where_the_truth_says(landing: Path) -> None:
    planted = [fact for fact in truth(landing, "planted") if fact["row"]]
    assert {fact["kind"] for fact in planted} == {"unreadable_date", "unreadable_amount", "unreadable_email"}
    assert sum(NIGHT_1 in fact["file"] for fact in planted) >= 3
    texts = {
        "unreadable_date": "31.02.2026 25:61",
        "unreadable_amount": "1.2.3,-",
        "unreadable_email": "mangler(at)test",
    }
    for fact in planted:
        n_headers = 2 if fact["file"].startswith("surveymonkey") else 1
        row = read(landing / fact["file"])[n_headers + int(fact["row"]) - 1]
        assert texts[fact["kind"]] in row
        assert fact["key"] in {row[0], row[0].removeprefix("'")}
    n_bad = sum(
        text in cell for path in exports(landing) for row in read(path) for cell in row for text in texts.values()
    )
    assert n_bad == len(planted)


def test_the_dirt_of_real_life_is_there(landing: Path) -> None:
    emails = [row["Email"] for row in contacts(landing)]
    shop = [row["Email"] for row in orders(landing) if row["Id"]]
    assert any(re.search("[A-Z]", email) for email in emails)
    assert any("İ" in email for email in emails)
    assert any(re.search("[ışğçöüæøå]", email) for email in emails + shop)
    assert any(email != email.strip() for email in emails)
    assert any(re.match("(?i)(ailesi|familien)", email) for email in emails)
    assert any(re.match("(?i)(info|satis|muhasebe|kontakt)@", email) for email in emails + shop)
    assert PLACEHOLDER_MAIL in emails + shop
    phones = [row["Mobile Phone Number"] for row in contacts(landing)]
    for spelling in (
        r"0\d{3} \d{3} \d\d \d\d",
        r"\+90 .*",
        r"\d\d \d\d \d\d \d\d",
        r"0045.*",
        r"\d{10}|0{7,}|1{11}",
    ):
        assert any(re.fullmatch(spelling, phone) for phone in phones)


def test_guests_have_no_shop_account_and_test_orders_no_person(landing: Path) -> None:
    shop = {row["Email"].strip() for row in records(landing / "shopify" / f"customers_export_{NIGHT_1}.csv")}
    heads = [row for row in orders(landing) if row["Id"]]
    assert any(row["Email"].strip() not in shop for row in heads)
    owner = {(r["table"], r["key"]): r["person_id"] for r in truth(landing, "records")}
    tests = [row for row in heads if row["Tags"] == "test"]
    assert tests
    assert {owner["orders", row["Name"]] for row in tests} == {""}


def test_every_record_has_its_person_in_the_truth(landing: Path) -> None:
    persons = {row["person_id"] for row in truth(landing, "persons")}
    owner = {(r["table"], r["key"]): r["person_id"] for r in truth(landing, "records")}
    assert set(owner.values()) <= persons | {""}
    last = "2026-03-03"
    seen = {("contacts", row["Record ID"]) for row in contacts(landing, last)}
    seen |= {("customers", r["Customer ID"][1:]) for r in records(landing / f"shopify/customers_export_{last}.csv")}
    for night in (NIGHT_1, NIGHT_2, last):
        seen |= {("orders", row["Name"]) for row in orders(landing, night)}
    of_customers = [path for path in landing.glob("surveymonkey/*") if employees.NAME not in path.name]
    seen |= {("responses", row[0]) for path in of_customers for row in read(path)[2:]}
    for path in landing.glob("generic/*"):
        for row in records(path):
            for header in ("email", "referrer_email", "referred_email"):
                if row.get(header):
                    seen.add(("emails", hashlib.md5(row[header].encode(), usedforsecurity=False).hexdigest()))
    assert {key for key in owner if key[0] != "responses"} == {key for key in seen if key[0] != "responses"}
    # Answers by text message of the last night are still on their way.
    assert seen <= set(owner)
    assert max(Counter(p for (table, _), p in owner.items() if table == "contacts").values()) > 1


def test_own_addresses_and_phones_belong_to_one_person_and_are_valid(landing: Path) -> None:
    persons = truth(landing, "persons")
    assert len({row["email"] for row in persons}) == len(persons)
    assert len({row["mobile"] for row in persons}) == len(persons)
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(row["mobile"])) for row in persons)


def test_behaviours_are_planted(landing: Path) -> None:
    persons = truth(landing, "persons")
    rate = {}
    for style in ("relational", "transactional"):
        of_style = [row for row in persons if row["style"] == style]
        rate[style] = sum(int(r["n_coupon_orders"]) for r in of_style) / sum(int(r["n_orders"]) for r in of_style)
    assert rate["transactional"] > 3 * rate["relational"]
    buyers = [row for row in persons if row["is_prospect"] == "0"]
    vips = [int(row["n_orders"]) for row in buyers if row["is_vip"] == "1"]
    assert sum(vips) / len(vips) > 2 * sum(int(row["n_orders"]) for row in buyers) / len(buyers)
    assert all(row["n_orders"] == "0" for row in persons if row["is_prospect"] == "1")


def test_the_staff_is_asked_each_quarter_and_nobody_is_named(landing: Path, tmp_path: Path) -> None:
    (path,) = landing.glob(f"surveymonkey/{employees.NAME}_*")
    assert path.name.endswith(f"{NIGHT_1}.csv")  # and on no later night before the next quarter's
    rows = records(path)[1:]
    assert len(rows) == 8 * 40
    assert Counter(row["End Date"][:2] for row in rows) == {"01": 80, "04": 80, "07": 80, "10": 80}
    assert {row[header] for row in rows for header in ("Email Address", "First Name", "Last Name", "IP Address")} == {
        ""
    }
    believe = sum(row[employees.PROMISE] in ("Agree", "Strongly agree") for row in rows) / len(rows)
    assert 0.2 < believe < 0.34
    generate(60, 20, 7, date(2026, 4, 1), tmp_path)
    assert [path.name[-14:-4] for path in sorted(tmp_path.glob(f"surveymonkey/{employees.NAME}_*"))] == [
        "2026-04-01",
        *(f"2026-04-{day}" for day in range(15, 21)),
    ]


def test_the_command_sums_up_what_it_wrote(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from rapport.samples.commands import app

    result = CliRunner().invoke(
        app,
        [
            "generate",
            "--customers",
            "60",
            "--nights",
            "1",
            "--start",
            "2026-05-04",
            "--out",
            str(tmp_path),
            "--json",
        ],
    )
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert {entry["file"] for entry in summary["files"]} == {
        p.relative_to(tmp_path).as_posix() for p in exports(tmp_path)
    }
    for entry in summary["files"]:
        n_headers = 2 if entry["file"].startswith("surveymonkey") else 1
        assert entry["rows"] == len(read(tmp_path / entry["file"])) - n_headers

"""A business with a built, published and sent night; each test gets a copy of its warehouse and files to erase from."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import yaml
from servers.warehouses import new_warehouse

from rapport import settings
from rapport.activation.delivery import deliver
from rapport.activation.preparing import prepare
from rapport.activation.segments import declared_segments
from rapport.activation.transports import LocalDrop
from rapport.building import DBT_STEPS, build_night, read_manifest, steps
from rapport.businesses import Business, load_business
from rapport.landing import Declaration, ensure_raw_tables, ingest_path, load_declarations, read_declarations
from rapport.nights import Night, advance, open_night
from rapport.publishing import publish, tables_from_manifest
from rapport.samples import surveys
from rapport.samples.nights import generate
from rapport.warehouse import connect

NIGHT, NEXT = date(2026, 3, 1), date(2026, 3, 2)
EMAIL, PHONE, STREET = "zebedee.quux@qwortz.example.com", "+4531223344", "Xylograf Allé 7"
# Of somebody else in the home, who shares the number of the house.
MEMBER, MEMBER_ID, HOME_PHONE = "ymir@vandelay.example.com", "20199999998", "+4533445566"
# Nobody else has any of these, in whatever table, file or log they turn up.
TRACES = (
    "zebedee",
    "quux",
    "qwortz",
    "31223344",
    "31 22 33 44",
    "Xylograf",
    "ZQ9001",
    "ZQ9002",
    "20199999999",
    "7199999999999",
    "118399999999",
)


@dataclass(frozen=True)
class Retailer:
    """A business of its own with everything of it that can be erased from."""

    business: Business
    folder: Path
    tables: list[Declaration]

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    @property
    def drop(self) -> Path:
        return self.folder / "drop"


@pytest.fixture(scope="session")
def built(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Retailer]:
    """The sample's first night with one person more, of whom every table and file has something."""
    folder = tmp_path_factory.mktemp("privacy")
    with new_warehouse(server) as name:
        with pytest.MonkeyPatch.context() as patch:
            _live_in(folder, name, patch)
            found = _build(folder, name)
        yield found


@pytest.fixture
def retailer(server: str, built: Retailer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Retailer]:
    """A copy of the built business to change."""
    with copy_of(server, built, monkeypatch) as copied:
        yield copied


@contextmanager
def copy_of(server: str, built: Retailer, patch: pytest.MonkeyPatch) -> Iterator[Retailer]:
    """The built business once more: its warehouse, and its files with their times."""
    with new_warehouse(server, template=built.business.name) as name:
        _live_in(built.folder.parent, name, patch)
        folder = built.folder.parent / name
        shutil.rmtree(folder, ignore_errors=True)  # of an earlier copy that had the name
        shutil.copytree(built.folder, folder)
        business = _declare(name, folder)
        with connect(name) as conn:
            conn.execute("update ops.nights set landing = %s", [str(folder / "landing")])
        yield Retailer(business, folder, built.tables)


def build_and_publish(business: Business, night: Night) -> None:
    """What the DAGs do of an open night that has taken its files in, but for checks and delivery."""
    names = list(DBT_STEPS)
    n_marts = names.index("segments")
    with connect(business.name) as conn:
        conn.execute(
            "update ops.nights set state = 'building', claimed_at = now() where business_date = %s",
            [night.business_date],
        )
        conn.commit()
        build_night(business, night, names[:n_marts])
        advance(conn, night.business_date, "built")
        publish(conn, business.name, night.business_date, tables_from_manifest(read_manifest(business.name)))
        conn.commit()
        build_night(business, night, names[n_marts:])


def _live_in(folder: Path, name: str, patch: pytest.MonkeyPatch) -> None:
    """Keep what a business writes below a folder, the seed of decisions too, and the key of tombstones fixed; builds do
    without data tests."""
    patch.setenv("RAPPORT_PRIVACY_KEY", "5a" * 32)
    patch.setattr(settings, "BUSINESSES", folder / "businesses")
    patch.setattr(settings, "SEEDS", folder / name / "seeds")
    patch.setattr(settings, "work_dir", lambda name: folder / name / "work")
    patch.setattr(steps, "NOT_RUN", ["unit_test", "test"])  # the same data are tested elsewhere


def _build(folder: Path, name: str) -> Retailer:
    home = folder / name
    shutil.copytree(settings.DBT_PROJECT / "seeds", settings.SEEDS)
    (folder / "businesses").mkdir()
    business = _declare(name, home)
    generate(60, 2, 7, NIGHT, home / "landing")
    add_the_person(home / "landing")
    for path in (home / "landing").rglob(f"*{NEXT}*"):
        (home / "later").mkdir(exist_ok=True)
        shutil.move(path, home / "later" / path.name)
    with connect(name) as conn:
        night = open_night(conn, business, NIGHT)
        ensure_raw_tables(conn, load_declarations(business))
        ingest_path(conn, business, home / "landing", NIGHT)
        conn.commit()
        build_and_publish(business, night)
        with LocalDrop(home / "drop") as drop:
            for item in prepare(conn, name, NIGHT, segments=declared_segments(read_manifest(name))):
                deliver(conn, item, drop)
        conn.execute("update ops.nights set state = 'sent', sent_at = now()")
        conn.commit()
    return Retailer(business, home, read_declarations(read_manifest(name)))


def add_the_person(landing: Path) -> None:
    """Rows of one person more in every export of the first night, made of other persons' rows."""
    name = {"First Name": "Zebedee", "Last Name": "Quux"}
    address = {"Street Address": STREET, "Default Address Address1": STREET}
    phones = {
        "Phone Number": "33 44 55 66",
        "Mobile Phone Number": "31 22 33 44",
        "Phone": "'+45 31223344",
        "Default Address Phone": "",
    }
    country = {"Country/Region": "Denmark", "Default Address Country Code": "DK", "Billing Country": "DK"}
    street = dict.fromkeys(("Billing Address1", "Billing Street", "Shipping Address1", "Shipping Street"), STREET)
    order = {
        **street,
        **dict.fromkeys(("Billing Name", "Shipping Name"), "Zebedee Quux"),
        **dict.fromkeys(("Shipping Phone", "Phone", "Cancelled at"), ""),
        "Name": "ZQ9001",
        "Id": "9001",
        "Email": EMAIL.upper(),
        "Billing Phone": PHONE,
        "Billing Country": "DK",
        "Total": "120.00",
        "Financial Status": "paid",
        "Notes": "For quux, leave it at the Xylograf's",
    }
    member = {"First Name": "Ymir", "Last Name": "Vandelay", "Email": MEMBER, "Record ID": MEMBER_ID,
              "Phone Number": "33445566", "Mobile Phone Number": "", "Date of birth": "1999-12-31",
              "Country/Region": "Denmark"}  # fmt: skip
    consent = {"Phone Number": "31 22 33 44", "Channel": "email", "Purpose": "marketing", "Status": "OPT_IN"}
    answer = {surveys.NPS: "2", surveys.CSAT: "1", "End Date": f"{NIGHT:%m/%d/%Y} 08:00:00"}
    everywhere = {**name, **address, **phones, **country, "Email": EMAIL, "Record ID": "20199999999"}
    for pattern, changes in (
        ("all-contacts", everywhere),
        ("all-contacts", member),
        ("communication-subscriptions", {**everywhere, **consent}),
        (
            "all-tickets",
            {"Ticket ID": "3499999999", "Ticket name": "From zebedee", "Associated Contact IDs": "20199999999"},
        ),
        ("email-events", {"Event ID": "999999999", "Record ID": "20199999999", "Recipient": f" {EMAIL} "}),
        ("customers_export", {**everywhere, "Customer ID": "'7199999999999", "Note": "quux"}),
        ("orders_export", order),
        (
            "Kundeoplevelse",
            {"Respondent ID": "118399999999", "Email Address": EMAIL, **name, "Custom Data 1": "ZQ9001", **answer},
        ),
    ):
        (path,) = (path for path in landing.rglob(f"*{pattern}*{NIGHT}*"))
        _append(path, [changes])
    (orders,) = landing.rglob(f"orders_export*{NIGHT}*")
    # The further line of an order says nothing of who it is for.
    _append(
        orders,
        [{"Name": "ZQ9001", "Lineitem name": "Second line"}],
        keeps=("Created at", "Lineitem quantity", "Lineitem price", "Lineitem sku"),
    )
    # A row that waits in quarantine, and another person's that mentions this one.
    _append(orders, [{**order, "Name": "ZQ9002", "Total": "unreadable"}])
    (tickets,) = landing.rglob(f"*all-tickets*{NIGHT}*")
    _append(
        tickets,
        [{"Ticket ID": "3499999998", "Ticket description": f'"Write to {EMAIL}, or call +45 31 22 33 44", she said'}],
    )


def append_person(landing: Path, email: str = EMAIL) -> None:
    """A contact, an account and an order of the person in exports that come later, under the same mailbox."""
    name = {"First Name": "Zebedee", "Last Name": "Quux", "Email": email}
    for pattern, changes in (
        ("all-contacts", {**name, "Record ID": "20199999997"}),
        ("customers_export", {**name, "Customer ID": "'7199999999997", "Note": "quux"}),
        ("orders_export", {"Name": "ZQ9003", "Id": "9003", "Email": email, "Billing Name": "Zebedee Quux"}),
    ):
        (path,) = landing.rglob(f"*{pattern}*{NEXT}*")
        _append(path, [changes])


def _append(path: Path, rows: list[dict[str, str]], keeps: tuple[str, ...] = ()) -> None:
    """Add rows made of the fullest of the file's last ones; with `keeps`, of these columns of it alone."""
    text = path.read_text("utf-8-sig")
    end = "\r\n" if "\r\n" in text else "\n"
    header, *others = csv.reader(io.StringIO(text, newline=""))
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator=end)
    for changes in rows:
        like = dict(zip(header, max(others[-20:], key=lambda cells: sum(map(bool, cells))), strict=True))
        like = {name: value if not keeps or name in keeps else "" for name, value in like.items()}
        writer.writerow([changes.get(name, like[name]) for name in header])
    with path.open("a", encoding="utf-8", newline="") as file:
        file.write(written.getvalue())


def _declare(name: str, home: Path) -> Business:
    content = yaml.safe_load((settings.PROJECT_ROOT / "businesses/sample.yml").read_text(encoding="utf-8"))
    content |= {"settle_seconds": 0, "landing": str(home / "landing"), "drop": str(home / "drop")}
    (settings.BUSINESSES / f"{name}.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return load_business(name)

"""A business with a built, published and sent night; each test gets a copy of its warehouse and files to erase from."""

from __future__ import annotations

import csv
import io
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg
import pytest
import yaml
from servers.warehouses import new_warehouse

from rapport import settings
from rapport.activation.delivery import deliver, prepare
from rapport.activation.segments import declared_segments
from rapport.activation.transports import LocalDrop
from rapport.building import DBT_STEPS, build_night, read_manifest
from rapport.businesses import Business, load_business
from rapport.landing import Declaration, ensure_raw_tables, ingest_path, load_declarations, read_declarations
from rapport.nights import advance, open_night
from rapport.publishing import publish, tables_from_manifest
from rapport.samples.nights import generate
from rapport.warehouse import connect

NIGHT, NEXT = date(2026, 3, 1), date(2026, 3, 2)
EMAIL, PHONE, STREET = "zebedee.quux@qwortz.example.com", "+4531223344", "Xylograf Allé 7"
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


@pytest.fixture(scope="module")
def patched() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAPPORT_PRIVACY_KEY", "5a" * 32)
        yield patch


@pytest.fixture(scope="module")
def built(server: str, tmp_path_factory: pytest.TempPathFactory, patched: pytest.MonkeyPatch) -> Iterator[Retailer]:
    """The sample's first night with one person more, of whom every table and file has something."""
    folder = tmp_path_factory.mktemp("retailer")
    import os  # DEV
    import pickle  # DEV

    if os.environ.get("ER_BASE") and Path("/tmp/er_base.pickle").exists():  # DEV
        patched.setattr(settings, "BUSINESSES", Path("/tmp/er_dev/businesses"))  # DEV
        patched.setattr(settings, "work_dir", lambda name: Path("/tmp/er_dev") / name / "work")  # DEV
        yield pickle.loads(Path("/tmp/er_base.pickle").read_bytes())  # DEV
        return  # DEV
    patched.setattr(settings, "BUSINESSES", folder / "businesses")
    patched.setattr(settings, "work_dir", lambda name: folder.parent / name / "work")
    with new_warehouse(server) as name:
        retailer = folder.parent / name
        business = _declare(folder / "businesses", name, retailer)
        generate(60, 2, 7, NIGHT, retailer / "landing")
        add_the_person(retailer / "landing")
        for path in (retailer / "landing").rglob(f"*{NEXT}*"):
            (retailer / "later").mkdir(exist_ok=True)
            shutil.move(path, retailer / "later" / path.name)
        with connect(name) as conn:
            night = open_night(conn, business, NIGHT)
            ensure_raw_tables(conn, load_declarations(business))
            ingest_path(conn, business, retailer / "landing", NIGHT)
            conn.execute("update ops.nights set state = 'building', claimed_at = now()")
            conn.commit()
            steps = list(DBT_STEPS)
            n_marts = steps.index("segments")
            build_night(business, night, steps[:n_marts])
            advance(conn, NIGHT, "built")
            publish(conn, name, NIGHT, tables_from_manifest(read_manifest(name)))
            conn.commit()
            build_night(business, night, steps[n_marts:])
            segments = declared_segments(read_manifest(name))
            with LocalDrop(retailer / "drop") as drop:
                for item in prepare(conn, name, NIGHT, segments=segments):
                    deliver(conn, item, drop)
            conn.execute("update ops.nights set state = 'sent', sent_at = now()")
            conn.commit()
        yield Retailer(business, retailer, read_declarations(read_manifest(name)))


@pytest.fixture
def retailer(server: str, built: Retailer, patched: pytest.MonkeyPatch) -> Iterator[Retailer]:
    """A copy of the built business: its warehouse, and its files with their times."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(f'create database "rapport_{name}" template "rapport_{built.business.name}"')
    folder = built.folder.parent / name
    shutil.copytree(built.folder, folder)
    business = _declare(settings.BUSINESSES, name, folder)
    with connect(name) as conn:
        conn.execute("update ops.nights set landing = %s", [str(folder / "landing")])
    yield Retailer(business, folder, built.tables)
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(f'drop database if exists "rapport_{name}" with (force)')


def add_the_person(landing: Path) -> None:
    """Rows of one person more in every export of the first night, made of other persons' rows."""
    name = {"First Name": "Zebedee", "Last Name": "Quux"}
    address = {"Street Address": STREET, "Default Address Address1": STREET}
    phones = {
        "Phone Number": "31 22 33 44",
        "Mobile Phone Number": "",
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
    everywhere = {**name, **address, **phones, **country, "Email": EMAIL, "Record ID": "20199999999"}
    for pattern, changes in (
        ("all-contacts", everywhere),
        ("communication-subscriptions", {**everywhere, "Channel": "email", "Purpose": "marketing", "Status": "OPT_IN"}),
        (
            "all-tickets",
            {"Ticket ID": "3499999999", "Ticket name": "From zebedee", "Associated Contact IDs": "20199999999"},
        ),
        ("email-events", {"Event ID": "999999999", "Record ID": "20199999999", "Recipient": f" {EMAIL} "}),
        ("customers_export", {**everywhere, "Customer ID": "'7199999999999", "Note": "quux"}),
        ("orders_export", order),
        (
            "Kundeoplevelse",
            {"Respondent ID": "118399999999", "Email Address": EMAIL, **name, "Custom Data 1": "ZQ9001"},
        ),
    ):
        (path,) = (path for path in landing.rglob(f"*{pattern}*{NIGHT}*"))
        _append(path, [changes])
    (orders,) = landing.rglob(f"orders_export*{NIGHT}*")
    # The further line of an order says nothing of who it is for.
    _append(
        orders,
        [{"Name": "ZQ9001", "Lineitem name": "Second line"}],
        keeps=("Lineitem quantity", "Lineitem price", "Lineitem sku"),
    )
    # A row that waits in quarantine, and another person's that mentions this one.
    _append(orders, [{**order, "Name": "ZQ9002", "Total": "unreadable"}])
    (tickets,) = landing.rglob(f"*all-tickets*{NIGHT}*")
    _append(
        tickets,
        [{"Ticket ID": "3499999998", "Ticket description": f'"Write to {EMAIL}, or call +45 31 22 33 44", she said'}],
    )


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


def _declare(folder: Path, name: str, retailer: Path) -> Business:
    folder.mkdir(exist_ok=True)
    content = yaml.safe_load((settings.PROJECT_ROOT / "businesses/sample.yml").read_text(encoding="utf-8"))
    content |= {"settle_seconds": 0, "landing": str(retailer / "landing"), "drop": str(retailer / "drop")}
    (folder / f"{name}.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return load_business(name)

"""Header lines of the vendors' own exports, each recognised as the table it is of."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rapport.landing import Declaration
from rapport.landing.packing import ExportFile
from rapport.landing.recognition import recognise


@pytest.mark.parametrize(
    ("header", "in_its_vendors_folder", "elsewhere"),
    [
        ("hubspot_contacts_default_view.csv", "hubspot contacts", "hubspot contacts"),
        ("klaviyo_campaigns.csv", "klaviyo campaigns", "klaviyo campaigns"),
        ("klaviyo_list_profiles.csv", "klaviyo profiles", "klaviyo profiles"),
        ("mailchimp_audience.csv", "mailchimp audience", "mailchimp audience"),
        *(
            (f"magento2_{header}.csv", f"magento {table}", elsewhere)
            for header, table, elsewhere in (
                ("customer_main", "customers", "magento customer_composites"),
                ("customer_composite", "customer_composites", "magento customer_composites"),
                ("customer_address", "customer_addresses", "None"),
                ("grid_customer", "customer_grid", "magento customer_grid"),
                ("grid_sales_order", "orders", "magento orders"),
            )
        ),
        # A name that anybody's file could have says only in its vendor's folder that these are all contacts.
        ("salesforce_weekly_export_Contact.csv", "salesforce contacts", "salesforce contact_reports"),
    ],
)
def test_a_header_tells_its_table(
    declarations: list[Declaration],
    shared: Path,
    tmp_path: Path,
    header: str,
    in_its_vendors_folder: str,
    elsewhere: str,
) -> None:
    for path, table in (
        (tmp_path / in_its_vendors_folder.split()[0] / header, in_its_vendors_folder),
        (tmp_path / header, elsewhere),
    ):
        path.parent.mkdir(exist_ok=True)
        shutil.copy(shared / "exports/headers" / header, path)
        found = recognise(ExportFile.whole(path), tmp_path, declarations)
        assert str(found.declaration) == table, found.reason

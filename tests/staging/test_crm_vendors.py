"""What the exports of CRM and mailing tools become: people, their decisions, and what they did with messages."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg
import pytest
from staging.conftest import Staged

Conn = psycopg.Connection[Any]


def rows(conn: Conn, query: str) -> list[tuple[Any, ...]]:
    return conn.execute(query).fetchall()


@pytest.mark.parametrize(
    ("file", "table"),
    [
        ("subscribed_email_audience_export_3f9ab210cc.csv", "mailchimp.subscribed"),
        ("unsubscribed_email_audience_export_3f9ab210cc.csv", "mailchimp.unsubscribed"),
        ("cleaned_email_audience_export_3f9ab210cc.csv", "mailchimp.cleaned"),
        ("nonsubscribed_email_audience_export_3f9ab210cc.csv", "mailchimp.audience"),
        ("104501_Spring_collection.csv", "mailchimp.opens"),
        ("104502_Early_access.csv", "mailchimp.clicks"),
        ("Newsletter members 2026-02-28.csv", "klaviyo.profiles"),
        ("Campaigns 2026-02-28.csv", "klaviyo.campaigns"),
        ("Campaigns without tags and ids 2026-01-31.csv", "klaviyo.campaigns"),
        ("Contact.csv", "salesforce.contacts"),
        ("Case.csv", "salesforce.cases"),
        ("izin listesi 2026-02-28.csv", "iys.consents"),
        ("yuklenen izinler 2026-02-27.csv", "iys.consents"),
        ("robinson 2026-01-01.txt", "robinsonlisten.entries"),
        ("bounces 2026-02-28.csv", "list_feedback.bounces"),
        ("receipts 2026-02-28.csv", "list_feedback.receipts"),
    ],
)
def test_an_export_is_loaded_into_its_table(staged: Staged, file: str, table: str) -> None:
    (load,) = [load for load in staged.loads if load.file == file]
    assert f"{load.vendor}.{load.table}" == table


@pytest.mark.parametrize(
    "table", ["mailchimp__subscribed", "mailchimp__opens", "klaviyo__profiles"], ids=lambda table: table
)
def test_ip_addresses_are_nowhere_kept(conn: Conn, table: str) -> None:
    assert rows(conn, f"select 1 from raw.{table} as kept where cast(kept.* as text) like '%192.0.2.%'") == []


def test_merge_fields_and_custom_fields_are_kept(conn: Conn) -> None:
    assert rows(conn, "select _extra->>'Favourite room' from raw.mailchimp__subscribed where leid = '90498395'") == [
        ("Kitchen",)
    ]
    assert rows(conn, "select _extra->>'Loyalty_Card__c' from raw.salesforce__contacts where first_name = 'Maria'") == [
        ("77001",)
    ]


def test_mailchimp_permits_the_subscribed_and_refuses_who_left(conn: Conn) -> None:
    found = rows(
        conn,
        "select contact_raw, channel, status, changed_at at time zone 'UTC', source"
        " from build_staging.stg_mailchimp__consents order by contact_raw",
    )
    assert [(row[0], row[1], row[2], str(row[3]), row[4]) for row in found] == [
        ("elif.demir@example.com", "email", "granted", "2025-03-01 08:02:11", "Subscribed"),
        ("mads.holm@example.com", "email", "granted", "2024-11-05 12:00:00", "Subscribed"),
        ("sofie.lund@example.com", "email", "refused", "2026-02-20 18:45:00", "Left Winter sale"),
    ]


def test_a_member_is_one_record_whatever_file_lists_them(conn: Conn) -> None:
    assert rows(conn, "select count(*), count(distinct email_raw) from build_staging.stg_mailchimp__customers") == [
        (5, 5)
    ]
    assert rows(
        conn, "select email_raw, street_address from build_staging.stg_mailchimp__customers where street_address <> ''"
    ) == [("elif.demir@example.com", "Bağdat Caddesi 12")]


def test_opens_and_clicks_are_the_campaigns_that_their_files_are_named_after(conn: Conn) -> None:
    assert rows(
        conn,
        "select campaign_id, campaign_name, event_type, count(*), count(distinct customer_record_id)"
        " from build_staging.stg_mailchimp__messages group by 1, 2, 3 order by 1",
    ) == [
        ("104501", "Spring collection", "opened", 3, 2),
        ("104502", "Early access", "clicked", 1, 1),
        ("5c1d2e3f40", "Winter sale", "unsubscribed", 1, 1),
        ("77aa88bb99", "Advent letter", "bounced", 1, 1),
    ]


def test_klaviyo_permits_who_said_yes_at_a_known_time(conn: Conn) -> None:
    assert rows(
        conn,
        "select contact_raw, status, cast(changed_at at time zone 'UTC' as text)"
        " from build_staging.stg_klaviyo__consents order by 1",
    ) == [
        ("ayse.kara@example.com", "granted", "2025-09-01 12:00:00"),
        ("jens.bak@example.com", "refused", "2025-10-02 08:00:00"),
    ]


def test_campaigns_without_tags_or_ids_are_campaigns(conn: Conn) -> None:
    assert rows(
        conn,
        "select campaign_name, n_recipients, n_opened, cast(sent_at at time zone 'UTC' as text)"
        " from build_staging.stg_klaviyo__campaigns order by 1",
    ) == [
        ("January letter", 1200, 600, "2026-01-15 06:00:00"),
        ("Spring collection", 121401, 58647, "2026-02-20 07:00:00"),
    ]


def test_salesforce_refuses_by_its_boxes_and_forgets_the_recycle_bin(conn: Conn) -> None:
    assert rows(conn, "select contact_raw, status from build_staging.stg_salesforce__consents order by 1") == [
        ("86 12 34 56", "refused"),
        ("lars.friis@example.com", "refused"),
    ]
    assert rows(
        conn,
        "select last_name_raw, birth_date, country_code, split_part(street_address, chr(10), 2)"
        " from build_staging.stg_salesforce__customers order by 1",
    ) == [
        ("Address", None, None, None),
        ("Aydın", None, None, None),
        ("Friis", None, "DK", ""),
        ("Kjær", None, None, None),
        ("Öz", date(1988, 2, 29), "TR", "Daire 4"),
    ]


def test_cases_belong_to_the_contacts_who_asked(conn: Conn) -> None:
    assert rows(
        conn,
        "select service_contact_id, topic, channel, customer_record_id, closed_at is null"
        " from build_staging.stg_salesforce__service_contacts order by 1",
    ) == [
        ("salesforce:00001026", "delivery", "phone", "salesforce:contacts:0035g00000B1x2y", False),
        ("salesforce:00001027", "question", "web", "salesforce:contacts:0035g00000B1x2z", True),
        ("salesforce:00001028", None, "web", None, True),
    ]


def test_both_forms_of_the_turkish_register_are_decisions_in_istanbul_time(conn: Conn) -> None:
    assert rows(
        conn,
        "select contact_raw, channel, status, source, cast(changed_at at time zone 'UTC' as text)"
        " from build_staging.stg_iys__consents order by contact_raw, channel",
    ) == [
        ("+905321112233", "phone", "refused", "HS_CAGRI_MERKEZI", "2025-12-24 07:30:00"),
        ("+905321112233", "sms", "granted", "HS_WEB", "2025-09-01 12:00:00"),
        ("+905337654321", "sms", "refused", "HS_MOBIL", "2025-03-03 06:00:00"),
        ("+905340000001", "phone", "granted", "HS_ISLAK_IMZA", "2024-05-05 08:00:00"),
        ("5459419845", "sms", "granted", "HS_WEB", "2026-02-26 11:00:00"),
        ("5467338892", "phone", "refused", "HS_FIZIKSEL_ORTAM", "2026-02-26 11:05:00"),
        ("ayse.kara@example.com", "email", "granted", "HS_FIZIKSEL_ORTAM", "2026-01-31 21:15:00"),
    ]


def test_every_recipient_of_the_register_is_a_record_that_identity_can_join(conn: Conn) -> None:
    assert rows(
        conn,
        "select count(*) from build_staging.stg_iys__consents as consents"
        " left join build_staging.stg_iys__customers as customers"
        " on customers.source_record_id = consents.customer_record_id"
        " and consents.contact_raw in (customers.email_raw, customers.phone_raw)"
        " where customers.source_record_id is null",
    ) == [(0,)]


def test_the_danish_register_closes_post_and_calls_to_names_and_addresses(conn: Conn) -> None:
    assert rows(
        conn,
        "select last_name_raw, first_name_raw, street_address, postal_code, string_agg(channel, '+' order by channel)"
        " from build_staging.stg_robinsonlisten__suppressions group by 1, 2, 3, 4 order by 1, 4",
    ) == [
        ("Friis", "Lars Ørsted", "Vestergade 3,2.tv", "8000", "phone+post"),
        ("Åkjær", "Søren", "Gl. Kongevej 112", "1850", "phone+post"),
        ("Åkjær", "Søren", "Skovvej 5", "5631", "phone+post"),
    ]


def test_points_that_bounced_are_suppressed(conn: Conn) -> None:
    assert rows(
        conn,
        "select contact_raw, channel, reason from build_staging.stg_mailchimp__suppressions"
        " union all select contact_raw, channel, reason from build_staging.stg_klaviyo__suppressions"
        " union all select contact_raw, channel, reason from build_staging.stg_salesforce__suppressions order by 1",
    ) == [
        ("bounced@example.com", "email", "bounced"),
        ("jens.bak@example.com", "email", "suppressed"),
        ("lost.mail@example.com", "email", "bounced"),
        ("old.address@example.com", "email", "bounced"),
    ]


def test_receivers_of_lists_close_points_by_hard_bounces_and_complaints(conn: Conn) -> None:
    assert rows(
        conn,
        "select contact_raw, channel, reason, cast(suppressed_at at time zone 'UTC' as text)"
        " from build_intermediate.int_suppressions_unioned where vendor = 'list_feedback' order by 1",
    ) == [
        ("+45 31 22 33 44", "sms", "bounced", "2026-02-27 07:20:00"),
        ("elif.demir@example.com", "email", "complained", "2026-02-27 08:00:00"),
        ("maria.jensen@example.com", "email", "bounced", "2026-02-27 09:14:00"),
    ]


def test_receivers_tell_what_became_of_lists(conn: Conn) -> None:
    assert rows(
        conn,
        "select destination, file_name, status, n_accepted, n_rejected,"
        " cast(received_at at time zone 'UTC' as text) from build_staging.stg_list_feedback__receipts order by 1, 2",
    ) == [
        ("braze", "vip_20260227_full.csv.pgp", "rejected", None, None, "2026-02-28 04:12:00"),
        ("drop", "at_risk_20260227_full.csv", "partly", 70, 8, "2026-02-28 04:11:00"),
        ("drop", "vip_20260227_full.csv", "accepted", 41, 0, "2026-02-28 04:10:00"),
    ]

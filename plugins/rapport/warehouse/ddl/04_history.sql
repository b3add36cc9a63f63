create table if not exists history.identity_assignments (
    source_record_id text not null,
    customer_id text not null,
    assigned_on date not null,
    evidence text not null,
    primary key (source_record_id, assigned_on)
);
comment on table history.identity_assignments is
    'Which person a source record was given to, from which night on; the newest row up to a night counts.';

create table if not exists build_contacts.normalised (
    kind text not null,
    raw_value text not null,
    default_country text not null,
    normalised text,
    is_valid boolean not null,
    is_shared boolean not null,
    reason text,
    primary key (kind, raw_value, default_country)
);
alter table build_contacts.normalised add column if not exists display text;
alter table build_contacts.normalised add column if not exists match_key text;
alter table build_contacts.normalised add column if not exists confidence double precision;
comment on table build_contacts.normalised is 'Each distinct contact point as seen, and its one normal form.';

create table if not exists build_contacts.rules (fingerprint text primary key);
comment on table build_contacts.rules is 'Which rules and library versions made the normal forms; others make all of them anew.';

create table if not exists build_identity.customer_records (
    source_record_id text primary key,
    customer_id text not null,
    evidence text not null
);
comment on table build_identity.customer_records is 'Source record to person, for the night being built.';

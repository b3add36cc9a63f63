create table if not exists history.identity_assignments (
    source_record_id text not null,
    customer_id text,
    assigned_on date not null,
    evidence text not null,
    primary key (source_record_id, assigned_on)
);
alter table history.identity_assignments alter column customer_id drop not null;
create index if not exists identity_assignments_by_customer on history.identity_assignments (customer_id);
comment on table history.identity_assignments is
    'Which person a source record was given to, from which night on, null where it was gone; the newest row up to a night counts.';

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

create table if not exists history.identity_models (
    version text not null,
    trained_on date primary key,
    n_records bigint not null,
    is_estimated boolean not null,
    is_dismissed boolean not null default false
);
comment on table history.identity_models is
    'Models of matching: the newest trained up to a night is the one that night used. is_estimated: learned from the records, not priors alone; is_dismissed: the nights after train another.';
create table if not exists history.identity_model_files (
    version text not null,
    file_name text not null,
    content bytea not null,
    primary key (version, file_name)
);
comment on table history.identity_model_files is 'The files of a model, its charts among them: `rapport identity model`.';

create table if not exists build_identity.linked_records (
    source_record_id text primary key,
    fingerprint bigint not null,
    cluster text not null,
    evidence text not null
);
comment on table build_identity.linked_records is
    'What matching found of the records of the last build: which are one person (cluster), and by what. Follows from records and model alone.';
create table if not exists build_identity.linked_pairs (
    one_record_id text not null,
    other_record_id text not null,
    weight double precision not null,
    pattern bigint not null,
    is_contested boolean not null,
    primary key (one_record_id, other_record_id)
);
create index if not exists linked_pairs_by_other on build_identity.linked_pairs (other_record_id);
comment on table build_identity.linked_pairs is
    'Pairs that were compared and are not out of the question: weight in log2 odds of being one person.';
create table if not exists build_identity.agreements (pattern bigint primary key, agreement text not null);
comment on table build_identity.agreements is 'What the patterns of linked_pairs mean: how far each comparison agrees.';
create table if not exists build_identity.linked_with (
    model_version text not null,
    settings jsonb not null,
    decisions jsonb not null
);
alter table build_identity.linked_with add column if not exists assigned_on date;
comment on table build_identity.linked_with is
    'What linked_records and linked_pairs were found with: one row. assigned_on: the night whose outcome customer_records is, with nothing left out of history; null where that is not so.';
create or replace view build_identity.pairs_for_review as
select
    pairs.one_record_id,
    pairs.other_record_id,
    1 / (1 + power(2::float8, -pairs.weight)) as probability,
    agreements.agreement,
    pairs.is_contested
from build_identity.linked_pairs as pairs
inner join build_identity.linked_records as one on pairs.one_record_id = one.source_record_id
inner join build_identity.linked_records as other on pairs.other_record_id = other.source_record_id
inner join build_identity.agreements on pairs.pattern = agreements.pattern
cross join build_identity.linked_with
where
    one.cluster <> other.cluster
    and (
        pairs.is_contested
        or 1 / (1 + power(2::float8, -pairs.weight)) >= (linked_with.settings ->> 'review')::float8
    )
    and not linked_with.decisions -> 'different' @> jsonb_build_array(
        jsonb_build_array(pairs.one_record_id, pairs.other_record_id)
    );
comment on view build_identity.pairs_for_review is
    'Pairs of records that are left apart though they may be one person, and those that a guard has parted.';

create table if not exists history.customer_headlines (
    customer_id text not null,
    since_date date not null,
    shopper_style text,
    loyalty_class numeric(2, 1),
    primary key (customer_id, since_date)
);
alter table history.customer_headlines
add column if not exists lifecycle_stage text,
add column if not exists engagement_tier text,
add column if not exists value_so_far_amount numeric;
comment on table history.customer_headlines is
    'What a published night called a customer, where it differs from the night before. All null: no customer any more.';

create table if not exists history.consents (
    decision_id text not null,
    recorded_from date not null,
    recorded_until date,
    customer_id text not null,
    contact_type text not null,
    contact text,
    channel text not null,
    purpose text not null,
    status text not null,
    source text,
    is_shared boolean not null,
    is_lapsed boolean not null,
    valid_from timestamptz not null,
    valid_until timestamptz,
    primary key (decision_id, recorded_from)
);
comment on table history.consents is
    'What published nights knew of decisions about contact: valid_* is when a decision held, recorded_* is when we knew it so.';
comment on column history.consents.recorded_until is 'First night that knew it otherwise, or not at all; null while it stands.';
create index if not exists consents_standing on history.consents (decision_id) where recorded_until is null;
create index if not exists consents_of_customers on history.consents (customer_id);
create or replace function history.refuse_another_decision() returns trigger
language plpgsql as $$
begin
    if to_jsonb(new) - 'recorded_until' <> to_jsonb(old) - 'recorded_until' then
        raise exception 'what was known of a decision is never changed: recorded from %', old.recorded_from
            using errcode = 'check_violation', constraint = 'a_decision_is_kept';
    end if;
    return new;
end
$$;
drop trigger if exists a_decision_is_kept on history.consents;
create trigger a_decision_is_kept before update on history.consents
for each row when (not ops.is_erasing()) execute function history.refuse_another_decision();

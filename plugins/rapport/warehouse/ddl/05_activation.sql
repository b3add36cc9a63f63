create table if not exists activation.deliveries (
    business_date date not null references ops.nights,
    segment text not null,
    destination text not null,
    list_kind text not null default 'full' check (list_kind in ('full', 'add', 'remove')),
    status text not null check (status in ('prepared', 'delivered', 'failed', 'dry_run')),
    file_name text not null,
    location text,
    n_rows bigint not null,
    sha256 text not null,
    reason text,
    prepared_at timestamptz not null default clock_timestamp(),
    delivered_at timestamptz,
    primary key (business_date, segment, destination, list_kind)
);
comment on table activation.deliveries is 'The send ledger: one row per list, destination and night; twice is once.';

create table if not exists activation.delivery_members (
    business_date date not null,
    segment text not null,
    destination text not null,
    customer_id text not null,
    channel text not null,
    contact_hash text not null,
    primary key (business_date, segment, destination, customer_id)
);
comment on table activation.delivery_members is 'Who was on which list that was delivered, or may have been; the contact point only as a hash.';

alter table activation.deliveries add column if not exists is_marketing boolean not null default true;
comment on column activation.deliveries.is_marketing is
    'Written to customers for marketing: such messages count for the caps of a channel. True where nobody wrote it down.';

alter table activation.deliveries add column if not exists n_members bigint;
comment on column activation.deliveries.n_members is 'People on the night''s full list as built, also where only changes go.';
alter table activation.deliveries drop constraint if exists deliveries_list_kind_check;
alter table activation.deliveries add constraint deliveries_list_kind_check
check (list_kind in ('full', 'add', 'remove', 'recall'));
alter table activation.deliveries drop constraint if exists deliveries_status_check;
alter table activation.deliveries add constraint deliveries_status_check
check (
    status in ('prepared', 'waiting_approval', 'approved', 'held_back', 'delivered', 'failed', 'dry_run', 'unknown')
);
comment on column activation.deliveries.list_kind is
    'full: everybody on the list; add and remove: who is new or gone against the last delivered; recall: who was on a list sent wrongly.';
comment on column activation.deliveries.status is
    'waiting_approval: changed unusually, somebody has to look; approved: goes next; held_back: nobody approved it, it is never sent; unknown: handed over to a receiver that cannot be asked, and no answer came: it may be there, and only the same bytes are sent again.';

create table if not exists activation.exclusions (
    business_date date not null references ops.nights,
    segment text not null,
    customer_id text not null,
    stage text not null check (stage in ('eligibility', 'allocation', 'last look')),
    reason_code text not null,
    given_up_for text,
    primary key (business_date, segment, customer_id)
);
comment on table activation.exclusions is
    'Who was in a segment on a night and not on its list, and why: one row per night, segment and customer. Kept for exclusions_kept_days of the business''s file.';
comment on column activation.exclusions.reason_code is 'Of build_seeds.exclusion_reasons; the first that applied.';
comment on column activation.exclusions.given_up_for is 'The segment that went first, or whose holdout the person belongs to.';

create table if not exists activation.holdout_salt (
    is_only boolean primary key default true check (is_only),
    salt text not null default gen_random_uuid()::text
);
comment on table activation.holdout_salt is
    'What the draws of holdouts are salted with: made once for a warehouse, so that nobody can work out who is drawn.';
insert into activation.holdout_salt default values on conflict do nothing;

create table if not exists activation.holdouts (
    scope text not null,
    customer_id text not null,
    share numeric(6, 5) not null,
    is_held_out boolean not null,
    assigned_on date not null,
    primary key (scope, customer_id)
);
comment on table activation.holdouts is
    'The draw of each customer met, for everything marketing sends (scope global) or a segment''s list (segment:<name>): both arms, written once.';
create or replace function activation.refuse_another_draw() returns trigger
language plpgsql as $$
begin
    raise exception 'a draw is never changed: scope %, assigned on %', old.scope, old.assigned_on
        using errcode = 'check_violation', constraint = 'a_draw_is_kept';
end
$$;
drop trigger if exists a_draw_is_kept on activation.holdouts;
create trigger a_draw_is_kept before update on activation.holdouts
for each row when (old is distinct from new) execute function activation.refuse_another_draw();

create table if not exists activation.trials (
    scope text not null,
    customer_id text not null,
    share numeric(6, 5) not null,
    is_held_out boolean not null,
    entered_on date not null references ops.nights,
    primary key (scope, customer_id)
);
comment on table activation.trials is
    'Whose turn came first on which night, with their draw: both arms of a holdout, told by the same rule, so that what a list achieves can be measured.';

create table if not exists activation.summaries (
    business_date date primary key references ops.nights,
    status text not null check (status in ('sent', 'unknown', 'failed')),
    message_id text not null,
    n_recipients integer not null,
    reason text,
    attempted_at timestamptz not null default clock_timestamp(),
    sent_at timestamptz
);
alter table activation.summaries add column if not exists topic text not null default 'lists';
alter table activation.summaries drop constraint if exists summaries_pkey;
alter table activation.summaries add constraint summaries_pkey primary key (business_date, topic);
comment on table activation.summaries is
    'The e-mails to marketing about a night''s lists: one row per night and topic that was to be told, a recall being one. Unknown: the connection ended when the server may have taken it.';

create table if not exists activation.memberships (
    segment text not null,
    destination text not null,
    customer_id text not null,
    member_since date not null,
    from_night date not null,
    until_night date check (until_night > from_night),
    channel text not null,
    contact text not null,
    locale text,
    first_name text,
    reason text,
    offer text,
    valid_until timestamptz,
    send_not_before timestamptz,
    send_not_after timestamptz,
    last_name text,
    birth_date date,
    city text,
    postal_code text,
    country_code text,
    primary key (segment, destination, customer_id, from_night)
);
comment on table activation.memberships is
    'Who was on which delivered list and with what: one row per list, customer and stretch of nights without a change.';
comment on column activation.memberships.member_since is 'Night of the first list of this stay.';
alter table activation.memberships add column if not exists recalled_at timestamptz;
comment on column activation.memberships.recalled_at is 'When the list was recalled: its receiver was told to remove the row.';
comment on column activation.memberships.until_night is 'First night whose list has no such row; null while the newest has it.';
create index if not exists memberships_until on activation.memberships (segment, destination, until_night);
create index if not exists memberships_open on activation.memberships (segment, destination, customer_id)
where until_night is null;
create or replace function activation.refuse_another_past() returns trigger
language plpgsql as $$
begin
    if to_jsonb(new) - '{until_night,recalled_at}'::text[] <> to_jsonb(old) - '{until_night,recalled_at}'::text[]
        or (old.until_night is not null and new.until_night is distinct from old.until_night)
    then
        raise exception 'what stood on a list is never changed: segment %, destination %, from %',
            old.segment, old.destination, old.from_night
            using errcode = 'check_violation', constraint = 'a_stay_is_kept';
    end if;
    return new;
end
$$;
drop trigger if exists a_stay_is_kept on activation.memberships;
create trigger a_stay_is_kept before update on activation.memberships
for each row when (not ops.is_erasing()) execute function activation.refuse_another_past();

create table if not exists activation.receipts (
    destination text not null,
    file_name text not null,
    status text not null check (status in ('accepted', 'partly', 'rejected')),
    n_accepted bigint,
    n_rejected bigint,
    received_at timestamptz not null,
    primary key (destination, file_name)
);
comment on table activation.receipts is
    'What became of a list at its receiver, as that told last: one row per place and list. A list without one: nothing was told.';

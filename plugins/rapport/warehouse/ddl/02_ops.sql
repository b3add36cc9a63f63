-- Rows that are never changed are scrubbed all the same of a person who is erased: for that transaction they are open.
create or replace function ops.is_erasing() returns boolean
language sql stable
return coalesce(current_setting('rapport.is_erasing', true), '') = 'on';

create table if not exists ops.applied_ddl (fingerprint text primary key);
comment on table ops.applied_ddl is 'SHA-256 of the scripts that made these tables; they run again when it differs.';

create table if not exists ops.nights (
    business_date date primary key,
    state text not null default 'open'
        check (state in ('open', 'building', 'built', 'published', 'sending', 'sent', 'failed')),
    failed_step text,
    failure text,
    is_dry_run boolean not null default false,
    landing text not null,
    deadlines jsonb not null default '{}',
    clock timestamptz not null,
    code_version text,
    settings_hash text,
    opened_at timestamptz not null default clock_timestamp(),
    claimed_at timestamptz,
    built_at timestamptz,
    published_at timestamptz,
    sent_at timestamptz
);
alter table ops.nights add column if not exists failed_from text;
comment on table ops.nights is 'One row per business date: what the night reads, how far it came, and why it stopped.';
comment on column ops.nights.failed_from is 'The state it failed in: clearing the task that failed goes on from there.';
comment on column ops.nights.clock is 'The instant every relative measure of this night is computed at; never now().';
comment on column ops.nights.claimed_at is 'From here on the loads of the night are pinned: files landing later belong to the next night.';

create table if not exists ops.night_sources (
    business_date date not null references ops.nights,
    kind text not null check (kind in ('crm', 'ecommerce', 'survey')),
    state text not null check (state in ('arrived', 'refused', 'none')),
    n_files integer not null default 0,
    n_refused integer not null default 0,
    reason text,
    reported_at timestamptz not null default clock_timestamp(),
    primary key (business_date, kind)
);
comment on table ops.night_sources is 'What each kind of source had delivered by its deadline.';

create table if not exists ops.loads (
    load_id bigint generated always as identity primary key,
    business_date date not null references ops.nights,
    kind text not null,
    vendor text not null,
    table_name text not null,
    file_name text not null,
    file_date date,
    file_size bigint not null,
    file_modified_at timestamptz,
    digest text not null,
    status text not null check (status in ('loaded', 'refused', 'rejected')),
    supersedes bigint references ops.loads,
    encoding text,
    delimiter text,
    rows_read bigint not null default 0,
    rows_loaded bigint not null default 0,
    rows_quarantined bigint not null default 0,
    rows_skipped bigint not null default 0,
    new_columns text[] not null default '{}',
    missing_columns text[] not null default '{}',
    reason text,
    fix text,
    started_at timestamptz not null,
    finished_at timestamptz not null default clock_timestamp(),
    constraint every_row_is_accounted_for check (rows_read = rows_loaded + rows_quarantined + rows_skipped)
);
comment on table ops.loads is
    'The ledger: one row per file taken in or refused. refused: not loadable; rejected: loaded, then stopped by the landing gate.';
comment on column ops.loads.table_name is 'Empty when the file could not be recognised.';
-- Warehouses of before have SHA-256 there: a file that is dropped once more is taken for another of that name.
do $$ begin
    alter table ops.loads rename column sha256 to digest;
    alter view if exists ops.latest_loads rename column sha256 to digest;
exception when undefined_column then null;
end $$;
comment on column ops.loads.digest is 'BLAKE2b of the content in hex, as b2sum prints it.';
-- Columns that came later
alter table ops.loads add column if not exists format text;
alter table ops.loads add column if not exists decimal_sign text;
alter table ops.loads add column if not exists date_order text;
alter table ops.loads add column if not exists quote_mark text;
alter table ops.loads add column if not exists escape_mark text;
create index if not exists loads_by_file on ops.loads (vendor, table_name, file_name);

create table if not exists ops.load_columns (
    load_id bigint not null references ops.loads,
    position integer not null,
    column_name text,
    extra_key text,
    header text not null,
    label text,
    metadata text,
    primary key (load_id, position),
    check (num_nonnulls(column_name, extra_key) = 1)
);
comment on table ops.load_columns is 'One row per column of a loaded file: where it is kept, and what the file says above it.';
comment on column ops.load_columns.position is 'From 1, as in the file; columns that are never loaded are left out.';
comment on column ops.load_columns.extra_key is 'Its key in _extra, where no declared column has its values.';
comment on column ops.load_columns.header is 'Its name or, in a survey with choices, its question: repeated over all columns that the question spans.';
comment on column ops.load_columns.label is 'Its label or, in a survey with choices, its choice.';
alter table ops.loads
    add column if not exists export_date date generated always as (coalesce(file_date, business_date)) stored,
    add column if not exists scope text check (scope in ('delta', 'whole', 'part')),
    add column if not exists replays bigint references ops.loads,
    add column if not exists rows_known bigint not null default 0,
    add column if not exists records_closed bigint not null default 0,
    add column if not exists purged_at timestamptz,
    add column if not exists unkept_columns text[] not null default '{}';
comment on column ops.loads.unkept_columns is
    'Headers of undeclared columns that read like secrets (password hash, token, IP address): nothing of them is stored.';
comment on column ops.loads.export_date is 'The day the export speaks of: by its name, else the night that took it in.';
comment on column ops.loads.scope is
    'whole: a full export, what it lacks is closed; part: adds to the whole one of its day; delta: adds and corrects.';
comment on column ops.loads.replays is 'The load whose quarantined rows this one takes in; it counts as long as that one does.';
comment on column ops.loads.rows_known is 'Of rows_skipped: rows of a full export that say what is known already.';
comment on column ops.loads.records_closed is 'Records that were listed before, and that this full export lacks.';
comment on column ops.loads.purged_at is 'When the rows of this superseded load were deleted from raw; its night cannot be replayed since.';

-- What full exports say of records whose rows are stored with another load: unchanged rows are not stored again.
create table if not exists ops.sightings (
    load_id bigint not null references ops.loads,
    said_on date not null,
    row_load_id bigint not null references ops.loads,
    row_number bigint not null,
    is_closed boolean not null,
    primary key (load_id, said_on, row_load_id, row_number)
);
comment on table ops.sightings is
    'Append-only: load_id says that the record of this raw row was listed, or was no longer, in the export of said_on.';
create index if not exists sightings_by_row on ops.sightings (row_load_id);

create or replace view ops.latest_loads as
select loads.*
from ops.loads
where not exists (
    select 1 from ops.loads as later
    where later.load_id > loads.load_id and later.business_date = loads.business_date
        and (later.vendor, later.file_name) = (loads.vendor, loads.file_name)
        and later.replays is null
        and (loads.status <> 'loaded' or later.status = 'loaded')
);
comment on view ops.latest_loads is 'The last word of each night on each file: without what was corrected before the night was built.';

-- The loads that make up the warehouse as of night d: any night can be rebuilt from it.
create or replace function ops.loads_as_of(d date) returns setof bigint
language sql stable as $$
    select loads.load_id
    from ops.loads
    where loads.status = 'loaded'
        and loads.business_date <= d
        and not exists (
            select 1 from ops.loads as later
            where later.supersedes in (loads.load_id, loads.replays)
                and later.status = 'loaded' and later.business_date <= d
        )
$$;

create table if not exists ops.steps (
    business_date date not null references ops.nights,
    step text not null,
    attempt_id text not null,
    status text not null check (status in ('running', 'done', 'failed')),
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    detail jsonb not null default '{}',
    primary key (business_date, step, attempt_id)
);
comment on table ops.steps is 'How long each step of a night took, and how it ended.';

create table if not exists ops.publications (
    business_date date not null references ops.nights,
    table_schema text not null,
    table_name text not null,
    n_rows bigint not null,
    n_inserted bigint not null,
    n_updated bigint not null,
    n_deleted bigint not null,
    checksum text not null,
    published_at timestamptz not null default clock_timestamp(),
    primary key (business_date, table_schema, table_name)
);
comment on table ops.publications is 'What each night changed in each live table; the checksum proves a replay equal.';

create sequence if not exists ops.builds;
comment on sequence ops.builds is 'Numbers the builds of tables: which of them changed whose rows is kept in build_fingerprints.';

-- What a table of build_fingerprints says of itself in its comment; null where somebody else has written one.
create or replace function ops.said_of_fingerprints(name text) returns jsonb
language sql stable as $$
    select case when said is json object then said::jsonb end
    from obj_description(to_regclass(name), 'pg_class') as said
$$;

-- Trigger of live tables: of whom rows are written, nothing is known until the next night compares them. Publishing says
-- afterwards what it left there.
create or replace function ops.forget_fingerprints() returns trigger
language plpgsql as $$
begin
    if to_regclass(format('live_fingerprints.%I', tg_table_name)) is null then
        return null;
    end if;
    if tg_op = 'TRUNCATE' then
        execute format('update live_fingerprints.%I set n_rows = -1', tg_table_name);
    else
        execute format(
            'insert into live_fingerprints.%I (customer_id, n_rows)'
            ' select distinct coalesce(customer_id, ''''), -1 from changed_rows'
            ' on conflict (customer_id) do update set n_rows = -1',
            tg_table_name
        );
    end if;
    return null;
end
$$;

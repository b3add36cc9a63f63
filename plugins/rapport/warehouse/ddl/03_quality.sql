create table if not exists quality.quarantine (
    quarantine_id bigint generated always as identity primary key,
    load_id bigint not null references ops.loads,
    row_number bigint not null,
    raw_row text not null,
    rule text not null,
    column_name text,
    reason text not null,
    state text not null default 'open' check (state in ('open', 'replayed', 'superseded', 'rejected')),
    quarantined_at timestamptz not null default clock_timestamp(),
    unique (load_id, row_number)
);
alter table quality.quarantine
    add column if not exists record_key text,
    add column if not exists state_by bigint references ops.loads,
    drop constraint if exists quarantine_state_check,
    add constraint quarantine_state_check check (state in ('open', 'replayed', 'superseded', 'rejected'));
comment on column quality.quarantine.state is
    'open: waits for a fix; replayed: taken in by state_by; superseded: state_by is a corrected file; rejected: with its load.';
comment on column quality.quarantine.record_key is
    'Which record the row is about, as far as its key can be read: of a full export it is listed, though not loaded; personal data.';
comment on table quality.quarantine is 'Rows that could not be read, whole and with the reason; raw_row is personal data.';

create table if not exists quality.load_profiles (
    load_id bigint not null references ops.loads on delete cascade,
    column_name text not null,
    n_rows bigint not null,
    n_empty bigint not null,
    n_quarantined bigint not null,
    n_categories integer,
    primary key (load_id, column_name)
);
comment on table quality.load_profiles is
    'What a file was like: per declared column that it has, of the rows that could be read. No values.';
comment on column quality.load_profiles.column_name is 'Empty: what was wrong with rows as a whole.';
comment on column quality.load_profiles.n_quarantined is 'Rows that the column sent to quarantine.';
comment on column quality.load_profiles.n_categories is 'Distinct values of a column that is declared to have few.';

create table if not exists quality.categories (
    vendor text not null,
    table_name text not null,
    column_name text not null,
    category text not null,
    first_load_id bigint not null references ops.loads,
    primary key (vendor, table_name, column_name, category)
);
comment on table quality.categories is 'Every value met in a column of few values, none of them personal, and the load that first had it.';
create index if not exists categories_by_load on quality.categories (first_load_id);

create table if not exists quality.drift (
    business_date date not null references ops.nights,
    kind text not null,
    vendor text not null,
    table_name text not null,
    export_date date not null,
    measure text not null check (
        measure in ('rows', 'empty', 'quarantined', 'new_category', 'many_categories', 'renamed', 'unkept')
    ),
    column_name text not null default '',
    observed double precision,
    expected_low double precision,
    expected_high double precision,
    compared_with date[] not null default '{}',
    seen text not null default '',
    noted_at timestamptz not null default clock_timestamp(),
    primary key (business_date, vendor, table_name, export_date, measure, column_name, seen)
);
comment on table quality.drift is
    'How a night''s exports differ from those before: told, never stopped. empty and quarantined are shares of rows, 0-1.';
comment on column quality.drift.column_name is 'Empty for the table as a whole.';
comment on column quality.drift.compared_with is 'Days of the exports that the expected range is from.';
comment on column quality.drift.seen is 'The new category, or a header: that a missing column may have now, or of what was not kept.';

create table if not exists quality.results (
    result_id bigint generated always as identity primary key,
    business_date date not null,
    stage text not null check (stage in ('landing', 'marts', 'lists')),
    suite text not null,
    expectation text not null,
    column_name text,
    severity text not null check (severity in ('stop', 'warn')),
    outcome text not null check (outcome in ('passed', 'failed', 'error')),
    observed text,
    unexpected_count bigint,
    element_count bigint,
    failing_keys jsonb,
    checked_at timestamptz not null default clock_timestamp()
);
comment on table quality.results is 'Every expectation checked, every night; never a failing value, only keys.';
create index if not exists results_by_night on quality.results (business_date, stage);

create table if not exists quality.dbt_results (
    business_date date not null,
    step text not null,
    invocation_id text not null,
    node_id text not null,
    resource_type text not null,
    status text not null,
    rows_affected bigint,
    execution_seconds double precision,
    failures bigint,
    message text,
    finished_at timestamptz not null default clock_timestamp(),
    primary key (invocation_id, node_id)
);
comment on table quality.dbt_results is 'One row per model, seed and test dbt ran.';
create index if not exists dbt_results_by_night on quality.dbt_results (business_date, step);

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
    'Which record the row is about, where its export is full and it can be read: listed, though not loaded; personal data.';
comment on table quality.quarantine is 'Rows that could not be read, whole and with the reason; raw_row is personal data.';

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

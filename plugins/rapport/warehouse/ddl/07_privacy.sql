-- Erasure: what must not come back, and how far each erasure came. Nothing here can be read without the key.
create table if not exists ops.erasures (
    erasure_id bigint generated always as identity primary key,
    state text not null default 'asked' check (state in ('asked', 'warehouse', 'done')),
    key_hashes text[] not null,
    asked_at timestamptz not null default clock_timestamp(),
    warehouse_at timestamptz,
    finished_at timestamptz,
    report jsonb
);
comment on table ops.erasures is
    'One row per erasure. asked: nothing is removed yet; warehouse: its tables are clean, files are not; done: proved.';
comment on column ops.erasures.key_hashes is 'HMACs of everything the person could be named by, so that a repeated request finds its erasure.';
comment on column ops.erasures.report is 'The proof report, which holds no personal data.';

create table if not exists ops.erased_files (
    erasure_id bigint not null references ops.erasures,
    file_name text not null,
    old_digest text not null,
    new_digest text not null,
    new_size bigint not null,
    primary key (erasure_id, file_name, old_digest)
);
do $$ begin
    alter table ops.erased_files rename column old_sha256 to old_digest;
    alter table ops.erased_files rename column new_sha256 to new_digest;
exception when undefined_column then null;
end $$;
comment on table ops.erased_files is
    'Landing files that are about to be rewritten without a person''s rows: gone once ops.loads knows them as the same load.';

create table if not exists ops.tombstones (
    hash text primary key,
    kind text not null check (kind in ('email', 'mailbox', 'phone', 'record')),
    probe integer not null,
    erasure_id bigint references ops.erasures,
    erected_at timestamptz not null default clock_timestamp()
);
alter table ops.tombstones
    drop constraint if exists tombstones_kind_check,
    add constraint tombstones_kind_check check (kind in ('email', 'mailbox', 'phone', 'record'));
comment on column ops.tombstones.kind is
    'email: an address as it is written; mailbox: where any spelling of it leads to; phone: a number; record: a vendor''s id.';
comment on table ops.tombstones is 'HMACs of erased persons'' addresses, numbers and records: rows that have one are not loaded.';
comment on column ops.tombstones.erasure_id is 'Empty: a record that came later, of somebody who was erased before.';
comment on column ops.tombstones.probe is
    'A few bits of a keyed hash that whole columns are compared with first; most values are ruled out by it.';

alter table ops.loads add column if not exists rows_erased bigint not null default 0;
comment on column ops.loads.rows_erased is
    'Of rows_skipped: rows of erased persons, left out when the file came or removed since.';

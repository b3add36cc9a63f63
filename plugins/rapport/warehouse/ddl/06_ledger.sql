-- What keeps the ledger true, whichever code writes it.

-- At the end of each transaction that touched a load: its rows are in raw and in quarantine, as many as it says.
create or replace function ops.check_load_balance() returns trigger
language plpgsql as $$
declare
    load ops.loads;
    n_raw bigint := 0;
    n_quarantined bigint;
begin
    select loads.* into load from ops.loads where loads.load_id = new.load_id;
    -- A later update of the row checks it as it is then; an erased load has nothing to check.
    if not found or (tg_op = 'INSERT' and load is distinct from new) then
        return null;
    end if;
    select count(*) into n_quarantined from quality.quarantine where quarantine.load_id = load.load_id;
    if to_regclass(format('raw.%I', load.vendor || '__' || load.table_name)) is not null then
        execute format('select count(*) from raw.%I where _load_id = $1', load.vendor || '__' || load.table_name)
            into n_raw using load.load_id;
    end if;
    if n_quarantined <> load.rows_quarantined
        or (n_raw <> load.rows_loaded and (load.purged_at is null or n_raw > load.rows_loaded)) then
        raise exception 'load % does not balance: % rows loaded and % quarantined by the ledger, % in raw and % in quarantine',
            load.load_id, load.rows_loaded, load.rows_quarantined, n_raw, n_quarantined
            using errcode = 'check_violation', constraint = 'every_load_balances';
    end if;
    return null;
end
$$;
drop trigger if exists every_load_balances on ops.loads;
create constraint trigger every_load_balances after insert or update on ops.loads
deferrable initially deferred for each row execute function ops.check_load_balance();

-- Nothing leaves quarantine, or comes back to it, without a line of history.
create table if not exists quality.quarantine_history (
    quarantine_id bigint not null references quality.quarantine on delete cascade,
    state text not null,
    load_id bigint references ops.loads,
    changed_at timestamptz not null default clock_timestamp()
);
comment on table quality.quarantine_history is
    'Append-only: each change of a quarantined row''s state, when, and by which load. No line: open since it came.';
create index if not exists quarantine_history_by_row on quality.quarantine_history (quarantine_id);

create or replace function quality.note_quarantine_change() returns trigger
language plpgsql as $$
begin
    insert into quality.quarantine_history (quarantine_id, state, load_id)
    values (new.quarantine_id, new.state, new.state_by);
    return null;
end
$$;
drop trigger if exists every_change_is_noted on quality.quarantine;
create trigger every_change_is_noted after update of state on quality.quarantine
for each row when (old.state is distinct from new.state) execute function quality.note_quarantine_change();

-- A load that the gate rejects undoes what it did to quarantine; its own rows come again with its file, so that what
-- was replayed of them goes with it.
create or replace function quality.undo_quarantine_changes() returns trigger
language plpgsql as $$
begin
    update ops.loads set status = 'rejected', reason = new.reason, fix = new.fix
    where replays = new.load_id and status = 'loaded';
    update quality.quarantine set state = 'open' where state_by = new.load_id and state <> 'open';
    update quality.quarantine set state = 'rejected', state_by = new.load_id
    where load_id = new.load_id and state = 'open';
    return null;
end
$$;
drop trigger if exists a_rejected_load_changes_nothing on ops.loads;
create trigger a_rejected_load_changes_nothing after update of status on ops.loads
for each row when (old.status = 'loaded' and new.status = 'rejected')
execute function quality.undo_quarantine_changes();

-- Idempotent: applied at every start, so each statement must be safe to repeat.
create schema if not exists raw;
create schema if not exists ops;
create schema if not exists quality;
create schema if not exists history;
create schema if not exists build_contacts;
create schema if not exists build_identity;
-- As they were kept before, they did not say which build changed whom.
do $$
begin
    if (
        select bool_or(column_name = 'fingerprint') and not bool_or(column_name = 'changed_in')
        from information_schema.columns where table_schema = 'build_fingerprints'
    ) then
        drop schema build_fingerprints cascade;
    end if;
end $$;
create schema if not exists build_fingerprints;
create schema if not exists live_fingerprints;
create schema if not exists customer_360;
create schema if not exists loyalty;
create schema if not exists engagement;
create schema if not exists activation;

comment on schema raw is 'Exports as the vendors wrote them, one table per declared source; immutable. Writer: landing.';
comment on schema ops is 'Nights, loads, steps and publications. Writers: nights, landing, building, publishing.';
comment on schema quality is 'Check results, quarantined rows, per-model dbt results.';
comment on schema history is 'Stored decisions that outlive a night: append-only except for erasure.';
comment on schema customer_360 is 'Live mart: one history per customer.';
comment on schema loyalty is 'Live mart: who comes back, and why.';
comment on schema engagement is 'Live mart: how strong the bond is now.';
comment on schema live_fingerprints is 'Of each live table and customer the hash of what publishing left there.';
comment on schema activation is 'Lists, deliveries and what was sent to whom.';

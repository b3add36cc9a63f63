-- Idempotent: applied at every start, so each statement must be safe to repeat.
create schema if not exists raw;
create schema if not exists ops;
create schema if not exists quality;
create schema if not exists history;
create schema if not exists build_contacts;
create schema if not exists build_identity;
create schema if not exists build_fingerprints;
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
comment on schema activation is 'Lists, deliveries and what was sent to whom.';

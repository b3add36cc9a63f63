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
comment on table activation.delivery_members is 'Who was on which delivered list; the contact point only as a hash.';

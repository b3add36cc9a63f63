-- Analysts read the live marts and nothing else, without personal data; column privileges are set when a table is
-- published. Who may see personal data has the second role, which includes the first.
do $$
begin
    if not exists (select from pg_roles where rolname = 'rapport_analyst') then
        create role rapport_analyst nologin;
    end if;
    if not exists (select from pg_roles where rolname = 'rapport_personal_data') then
        create role rapport_personal_data nologin in role rapport_analyst;
    end if;
exception when duplicate_object or unique_violation then null; -- another business's database got there first
end $$;
grant usage on schema customer_360, loyalty, engagement to rapport_analyst;

-- What customers were called on earlier nights: ids and words, nothing personal. Of history they read no table.
create or replace function customer_360.headlines_as_of(night date) returns table (
    customer_id text, since_date date, lifecycle_stage text, shopper_style text, loyalty_class numeric(2, 1),
    engagement_tier text, value_so_far_amount numeric
)
language sql stable security definer set search_path = history, pg_temp as $$
    select customer_id, since_date, lifecycle_stage, shopper_style, loyalty_class, engagement_tier, value_so_far_amount
    from (
        select distinct on (customer_id) * from customer_headlines
        where since_date <= night order by customer_id, since_date desc
    ) as latest
    where shopper_style is not null
$$;
comment on function customer_360.headlines_as_of(date) is
    'What each customer of a published night was called: one row per customer, by the ids of that night.';
revoke execute on function customer_360.headlines_as_of(date) from public;
grant execute on function customer_360.headlines_as_of(date) to rapport_analyst;

-- Which decisions about contact held at an instant, as a published night knew them. Contact points are personal data.
create or replace function customer_360.consents_as_of(night date, instant timestamptz) returns table (
    decision_id text, customer_id text, contact_type text, contact text, channel text, purpose text, status text,
    source text, is_shared boolean, is_lapsed boolean, valid_from timestamptz, valid_until timestamptz
)
language sql stable security definer set search_path = history, pg_temp as $$
    select
        decision_id, customer_id, contact_type, contact, channel, purpose, status, source, is_shared, is_lapsed,
        valid_from, valid_until
    from consents
    where
        recorded_from <= night and (recorded_until is null or recorded_until > night)
        and valid_from <= instant and (valid_until is null or valid_until > instant)
$$;
comment on function customer_360.consents_as_of(date, timestamptz) is
    'Decisions about contact that held at that instant, as that published night knew them: one row per decision.';
revoke execute on function customer_360.consents_as_of(date, timestamptz) from public;
grant execute on function customer_360.consents_as_of(date, timestamptz) to rapport_personal_data;

-- The nightly report is read as an analyst, so whoever owns the warehouse has to be able to become one. Where another
-- user made the role, the report says what to grant.
do $$
begin
    if not pg_has_role(current_user, 'rapport_analyst', 'SET') then
        execute format('grant rapport_analyst to %I with inherit false, set true', current_user);
    end if;
exception when insufficient_privilege then null;
end $$;

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
-- The nightly report is read as an analyst, so whoever owns the warehouse has to be able to become one. Where another
-- user made the role, the report says what to grant.
do $$
begin
    if not pg_has_role(current_user, 'rapport_analyst', 'SET') then
        execute format('grant rapport_analyst to %I with inherit false, set true', current_user);
    end if;
exception when insufficient_privilege then null;
end $$;

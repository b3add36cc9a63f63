-- Analysts read the live marts and nothing else. Column privileges on PII are set when a table is published.
do $$
begin
    if not exists (select from pg_roles where rolname = 'rapport_analyst') then
        create role rapport_analyst nologin;
    end if;
exception when duplicate_object or unique_violation then null; -- another business's database got there first
end $$;
grant usage on schema customer_360, loyalty, engagement to rapport_analyst;

-- What analysts see in the place of personal data, by its kind; null stays null.
create or replace function ops.mask_email(value text) returns text
language sql immutable strict parallel safe
return case
    when value ~ '@.*\.' then left(value, 1) || '***@***.' || substring(value from '[^.]*$')
    else '***'
end;

create or replace function ops.mask_phone(value text) returns text
language sql immutable strict parallel safe
return case when length(value) >= 8 then left(value, 3) || '***' || right(value, 2) else '***' end;

create or replace function ops.mask_name(value text) returns text
language sql immutable strict parallel safe
return left(value, 1) || '***';

create or replace function ops.mask_other(value text) returns text
language sql immutable strict parallel safe
return '***';

create or replace function ops.mask_day(value date) returns date
language sql immutable strict parallel safe
return cast(date_trunc('year', cast(value as timestamp)) as date);

-- A pattern of a person's names, with the endings that Turkish and Danish put to them; null where there is none.
create or replace function ops.names_pattern(variadic names text[]) returns text
language sql immutable parallel safe
return (
    select '\m(?:' || string_agg(
        regexp_replace(regexp_replace(part, '([^\w])', '\\\1', 'g'), '[iİIı]', '[iİIı]', 'g'), '|' order by part
    ) || ')\w{0,4}\M'
    from unnest(names) as given (name)
    cross join lateral regexp_split_to_table(given.name, '\s+') as split (part)
    where length(part) > 1
);

-- Free text without addresses, links, long numbers, and the names of the person who wrote it. Other persons' names stay:
-- nothing here knows them.
create or replace function ops.redact(value text, names text) returns text
language sql immutable parallel safe
return regexp_replace(
    regexp_replace(
        regexp_replace(
            regexp_replace(
                case when names is null then value else regexp_replace(value, names, '[name]', 'gi') end,
                '[^\s@<>()]+@[^\s@<>()]+\.\w+', '[e-mail]', 'g'
            ),
            'https?://\S+|www\.\S+', '[link]', 'gi'
        ),
        '(^|\s)@\w+', '\1[name]', 'g'
    ),
    '\+?\d[\d\s()./-]{5,}\d', '[number]', 'g'
);

with customers as (

    select * from {{ ref('int_customer_points') }}

),

-- The same two words in either order are one name.
bearers as (

    select
        points.contact_type,
        points.match_key,
        concat_ws(
            ' ',
            least(customers.given_name_key, customers.surname_key),
            greatest(customers.given_name_key, customers.surname_key)
        ) as name_key
    from customers
    cross join lateral (
        values
        ('email', customers.email_key),
        ('phone', customers.phone_key),
        ('phone', customers.phone_2_key)
    ) as points (contact_type, match_key)

),

named as (

    select * from bearers
    where match_key is not null and name_key <> ''

),

-- Few points are borne often enough to have so many names: only their names are told apart.
borne_often as (

    select
        contact_type,
        match_key
    from named
    group by contact_type, match_key
    having count(*) > {{ var('max_names_per_contact') }}

),

final as (

    select
        named.contact_type,
        named.match_key,
        cast(count(distinct named.name_key) as integer) as n_names
    from named
    inner join borne_often
        on
            named.contact_type = borne_often.contact_type
            and named.match_key = borne_often.match_key
    group by named.contact_type, named.match_key
    having count(distinct named.name_key) > {{ var('max_names_per_contact') }}

)

select * from final

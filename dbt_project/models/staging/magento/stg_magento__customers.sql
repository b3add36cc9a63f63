{{ config(enabled='magento' in var('vendors')) }}

with accounts as (

    select * from {{ ref('base_magento__customers') }}

),

composites as (

    select distinct on (customer_record_id)
        *,
        max(file_date) over (partition by customer_record_id) as newest_file_date
    from {{ ref('base_magento__customer_composites') }}
    order by customer_record_id asc, is_default_billing desc, address_number asc

),

-- Who an account's first row is, which need not be who lives at the address that bills go to.
composite_people as (

    select
        customer_record_id,
        email,
        first_name,
        last_name,
        birth_date,
        created_at
    from {{ ref('base_magento__customer_composites') }}
    where address_number = 1

),

addresses as (

    select distinct on (customer_record_id) *
    from {{ ref('base_magento__customer_addresses') }}
    order by customer_record_id asc, is_default_billing desc, address_number asc

),

grid as (

    select * from {{ ref('base_magento__customer_grid') }}

),

buyers as (

    select distinct on (customer_record_id)
        customer_record_id,
        email,
        full_name,
        min(ordered_at) over (partition by customer_record_id) as first_ordered_at,
        ordered_at as last_ordered_at,
        max(file_date) over (partition by customer_record_id) as file_date,
        min(first_file_date) over (partition by customer_record_id) as first_file_date
    from {{ ref('base_magento__orders') }}
    order by customer_record_id asc, ordered_at desc, order_number desc

),

everybody as (

    select customer_record_id from accounts
    union
    select customer_record_id from composites
    union
    select customer_record_id from addresses
    union
    select customer_record_id from grid
    union
    select customer_record_id from buyers

),

final as (

    select
        'magento' as vendor,
        everybody.customer_record_id as source_record_id,
        case
            when coalesce(accounts.email, composite_people.email, addresses.email, grid.email) is null then 'guest'
            else 'shop_customer'
        end as record_type,
        'magento:' || grid.account_id as external_id,
        coalesce(accounts.email, grid.email, composite_people.email, addresses.email, buyers.email) as email_raw,
        coalesce(addresses.phone, composites.phone, grid.phone) as phone_raw,
        case when grid.phone <> coalesce(addresses.phone, composites.phone) then grid.phone end as phone_2_raw,
        coalesce(accounts.first_name, composite_people.first_name, addresses.first_name) as first_name_raw,
        coalesce(accounts.last_name, composite_people.last_name, addresses.last_name) as last_name_raw,
        case
            when
                coalesce(
                    accounts.first_name, accounts.last_name, composite_people.first_name, composite_people.last_name,
                    addresses.first_name, addresses.last_name
                ) is null
                then coalesce(grid.full_name, buyers.full_name)
        end as full_name_raw,
        coalesce(accounts.birth_date, composite_people.birth_date, grid.birth_date) as birth_date,
        cast(null as text) as language,
        coalesce(addresses.street_address, composites.street_address, grid.street_address) as street_address,
        coalesce(addresses.city, composites.city, grid.city) as city,
        coalesce(addresses.postal_code, composites.postal_code, grid.postal_code) as postal_code,
        coalesce(addresses.country_code, composites.country_code, grid.country_code) as country_code,
        coalesce(accounts.created_at, grid.created_at, composite_people.created_at, buyers.first_ordered_at)
            as created_at,
        greatest(accounts.updated_at, buyers.last_ordered_at) as updated_at,
        greatest(
            accounts.file_date, composites.newest_file_date, addresses.file_date, grid.file_date, buyers.file_date
        ) as file_date,
        least(
            accounts.first_file_date, composites.first_file_date, addresses.first_file_date, grid.first_file_date,
            buyers.first_file_date
        ) as first_file_date,
        -- Whoever is listed elsewhere or orders afterwards is there.
        case
            when
                coalesce(
                    greatest(composites.newest_file_date, grid.file_date, buyers.file_date), accounts.first_file_date
                ) < accounts.closed_on
                then accounts.closed_on
        end as closed_on
    from everybody
    left join accounts on everybody.customer_record_id = accounts.customer_record_id
    left join composites on everybody.customer_record_id = composites.customer_record_id
    left join composite_people on everybody.customer_record_id = composite_people.customer_record_id
    left join addresses on everybody.customer_record_id = addresses.customer_record_id
    left join grid on everybody.customer_record_id = grid.customer_record_id
    left join buyers on everybody.customer_record_id = buyers.customer_record_id

)

select * from final

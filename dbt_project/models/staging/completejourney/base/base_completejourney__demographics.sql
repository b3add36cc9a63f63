{{ config(enabled='completejourney' in var('vendors')) }}

with source as (

    {{ loaded(source('completejourney', 'demographics'), newest_only=true) }}

),

renamed as (

    select distinct
        household_id,
        file_date
    from source

)

select * from renamed

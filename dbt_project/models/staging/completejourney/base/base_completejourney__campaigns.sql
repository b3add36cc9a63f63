{{ config(enabled='completejourney' in var('vendors')) }}

with source as (

    {{ loaded(source('completejourney', 'campaigns'), newest_only=true) }}

),

renamed as (

    select distinct
        campaign_id,
        household_id,
        file_date
    from source

)

select * from renamed

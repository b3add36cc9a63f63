{{ config(enabled='completejourney' in var('vendors')) }}

with source as (

    {{ loaded(source('completejourney', 'campaign_descriptions'), newest_only=true) }}

),

renamed as (

    select distinct on (campaign_id)
        campaign_id,
        campaign_type,
        cast(start_date as date) as start_date
    from source
    order by campaign_id asc, _row_number desc

)

select * from renamed

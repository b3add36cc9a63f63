with source as (

    select * from {{ source('identity', 'pairs_for_review') }}

),

renamed as (

    select
        one_record_id,
        other_record_id,
        agreement,
        probability,
        is_contested
    from source

)

select * from renamed

with source as (

    select * from {{ source('send_ledger', 'holdout_salt') }}

),

renamed as (

    select salt from source

)

select * from renamed

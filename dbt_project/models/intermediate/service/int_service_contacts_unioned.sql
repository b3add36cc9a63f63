with unioned as (

    {{ union_concept('service_contacts') }}

)

select * from unioned

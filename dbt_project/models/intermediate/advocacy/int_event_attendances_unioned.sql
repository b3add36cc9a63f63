with unioned as (

    {{ union_concept('event_attendances') }}

)

select * from unioned

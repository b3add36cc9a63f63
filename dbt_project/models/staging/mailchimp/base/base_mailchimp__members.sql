{{ config(enabled='mailchimp' in var('vendors')) }}

with listed as (

    select * from {{ ref('base_mailchimp__subscribed') }}
    union all
    select * from {{ ref('base_mailchimp__unsubscribed') }}
    union all
    select * from {{ ref('base_mailchimp__cleaned') }}
    union all
    select * from {{ ref('base_mailchimp__audience') }}

),

-- A member moves from file to file and keeps the id: the file that lists it now says its status. Of two of the same day
-- the one that permits less; a file without a status says nothing where another has one.
ranked as (

    select
        *,
        row_number() over (
            partition by member_id
            order by
                closed_on is null desc,
                listed_as = 'audience' asc,
                file_date desc,
                array_position(array['cleaned', 'unsubscribed', 'subscribed', 'audience'], listed_as) asc
        ) as currency_rank
    from listed

),

final as (

    select * from ranked
    where currency_rank = 1

)

select * from final

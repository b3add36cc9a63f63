{#- Parts of which the business has no signals at all say nothing of anybody. -#}
{%- set sources = {
    'purchase': 'int_customer_purchases',
    'survey_answered': 'int_survey_responses_scored',
    'contact_opened': 'int_service_contacts_timed',
    'review_written': 'int_reviews_unioned',
    'referral_made': 'int_referrals_unioned',
    'group_joined': 'int_memberships_unioned',
    'event_attended': 'int_event_attendances_unioned',
} -%}

with signals as (

    select * from {{ ref('engagement_signals') }}

),

messages as (

    select * from {{ ref('int_messages_unioned') }}

),

-- Those for the bond are enough: none against it comes without one of them.
happened as (

    select distinct 'message_' || event_type as signal
    from messages

    {% for signal, source in sources.items() -%}
        union all

        select '{{ signal }}' as signal
        where exists (select 1 from {{ ref(source) }})

    {% endfor %}
),

final as (

    select distinct signals.component
    from happened
    inner join signals
        on happened.signal = signals.signal

)

select * from final

-- Giving facts their persons neither drops nor repeats one: as many as the vendors exported. Deliveries and returns
-- need their order, and are counted by assert_facts_name_orders_that_are_known.
{% set facts = {
    'reviews': 'int_reviews_unioned',
    'referrals': 'int_referrals_unioned',
    'checkouts': 'int_checkouts_unioned',
    'loyalty_points': 'int_loyalty_points_unioned',
    'memberships': 'int_memberships_unioned',
    'event_attendances': 'int_event_attendances_unioned',
} %}
with counted as (

    {% for mart, concept in facts.items() %}
        select
            '{{ mart }}' as fact,
            (select count(*) from {{ ref(mart) }}) as n_in_mart,
            (select count(*) from {{ ref(concept) }}) as n_in_concept
        {{ "union all" if not loop.last }}
    {% endfor %}

)

select *
from counted
where n_in_mart <> n_in_concept

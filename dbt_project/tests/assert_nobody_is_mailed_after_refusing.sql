-- Whoever may be contacted, at whichever point, has refused nothing on that channel for that purpose since they agreed
-- there, and nobody has refused that point.
with permitted as (

    select *
    from {{ ref('contact_permissions') }}
    where is_permitted

),

refusals as (

    select *
    from {{ ref('int_consents_resolved') }}
    where status = 'refused'

)

-- Two joins rather than one with an "or", which compares everybody with everybody.
{% for is_theirs in [
    'permitted.customer_id = refusals.customer_id',
    'permitted.contact_type = refusals.contact_type and permitted.contact = refusals.contact',
] %}
    select
        permitted.customer_id,
        refusals.source_record_id
    from permitted
    inner join refusals
        on
            permitted.channel = refusals.channel
            and permitted.purpose = refusals.purpose
            and {{ is_theirs }}
            and permitted.changed_at <= refusals.changed_at
    {{ "union all" if not loop.last }}
{% endfor %}

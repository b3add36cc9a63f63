{{ config(enabled='completejourney' in var('vendors')) }}

with campaigns as (

    select * from {{ ref('base_completejourney__campaigns') }}

),

campaign_descriptions as (

    select * from {{ ref('base_completejourney__campaign_descriptions') }}

),

-- A campaign without a description has no date, so when its mailing went out is unknown.
mailings as (

    select
        'completejourney' as vendor,
        'completejourney:campaigns:' || campaigns.campaign_id || ':' || campaigns.household_id as source_record_id,
        'completejourney:' || campaigns.campaign_id || ':' || campaigns.household_id as message_id,
        'completejourney:households:' || campaigns.household_id as customer_record_id,
        campaigns.campaign_id,
        campaign_descriptions.campaign_type || ' ' || campaigns.campaign_id as campaign_name,
        'post' as channel,
        'sent' as event_type,
        cast(campaign_descriptions.start_date as timestamp without time zone)
        at time zone 'America/New_York' as occurred_at
    from campaigns
    inner join campaign_descriptions
        on campaigns.campaign_id = campaign_descriptions.campaign_id

)

select * from mailings

{{ config(enabled='mailchimp' in var('vendors')) }}

{{ mailchimp_members(
    'unsubscribed', 'coalesce(unsub_time, last_changed)', 'unsub_campaign_id', 'unsub_campaign_title'
) }}

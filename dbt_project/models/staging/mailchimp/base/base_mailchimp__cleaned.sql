{{ config(enabled='mailchimp' in var('vendors')) }}

{{ mailchimp_members('cleaned', 'coalesce(clean_time, last_changed)', 'clean_campaign_id', 'clean_campaign_title') }}

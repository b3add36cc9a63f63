{{ config(enabled='mailchimp' in var('vendors')) }}

{{ mailchimp_members('subscribed', 'coalesce(confirm_time, optin_time)') }}

{{ config(enabled='mailchimp' in var('vendors')) }}

{{ mailchimp_members('audience', 'cast(null as text)') }}

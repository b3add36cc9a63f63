{{ config(enabled='salesforce' in var('vendors')) }}

{{ salesforce_contacts('contacts', 'UTC') }}

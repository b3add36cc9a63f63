{{ config(enabled='salesforce' in var('vendors')) }}

{{ salesforce_contacts('contact_reports', 'Europe/Istanbul') }}

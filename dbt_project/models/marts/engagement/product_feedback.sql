{#-
    A product's month: what was sold, said, sent back and asked. A contact counts for what its person bought in the
    complaint_days before it, since exports do not say what it is about.
-#}
with order_lines as (

    select * from {{ ref('order_lines') }}
    where is_counted and product_id is not null

),

reviews as (

    select * from {{ ref('reviews') }}
    where product_id is not null

),

returns as (

    select * from {{ ref('returns') }}
    where product_id is not null

),

service_contacts as (

    select * from {{ ref('service_contacts') }}
    where customer_id is not null

),

feedback as (

    select * from {{ ref('feedback') }}
    where product_id is not null

),

products as (

    select * from {{ ref('products') }}

),

happened as (

    {% for kind, table, n, day in [
        ('sold', 'order_lines', 'quantity', 'order_date'),
        ('reviewed', 'reviews', 'case when rating is not null then 1 else 0 end', 'review_date'),
        ('low_rated', 'reviews', 'case when rating < ' ~ var('low_rating_below') ~ ' then 1 else 0 end', 'review_date'),
        ('rated', 'reviews', 'rating', 'review_date'),
        ('returned', 'returns', 'coalesce(quantity, 1)', 'return_date'),
    ] %}
        select
            product_id,
            '{{ kind }}' as kind,
            cast({{ n }} as numeric) as n,
            {{ day }} as happened_date
        from {{ table }}

        union all
    {% endfor %}

    select
        order_lines.product_id,
        'asked' as kind,
        cast(count(distinct service_contacts.service_contact_id) as numeric) as n,
        service_contacts.opened_date as happened_date
    from service_contacts
    inner join order_lines
        on
            service_contacts.customer_id = order_lines.customer_id
            and service_contacts.opened_date between order_lines.order_date
            and order_lines.order_date + {{ var('complaint_days') }}
    group by order_lines.product_id, service_contacts.opened_date

),

counted as (

    select
        product_id,
        cast(date_trunc('month', cast(happened_date as timestamp without time zone)) as date) as month,
        {%- for kind in ['sold', 'reviewed', 'low_rated', 'rated', 'returned'] %}
            coalesce(sum(n) filter (where kind = '{{ kind }}'), 0) as n_{{ kind }},
        {%- endfor %}
        coalesce(sum(n) filter (where kind = 'asked'), 0) as n_asked
    from happened
    where happened_date is not null
    group by product_id, month

),

theme_counts as (

    select
        product_id,
        cast(date_trunc('month', cast(written_date as timestamp without time zone)) as date) as month,
        theme,
        count(*) as n_texts,
        count(*) filter (where sentiment = 'negative') as n_negative
    from feedback
    group by product_id, month, theme

),

themes as (

    select
        product_id,
        month,
        sum(n_texts) as n_themes,
        (array_agg(theme order by n_texts desc, theme asc))[1] as first_theme,
        (array_agg(theme order by n_negative desc, theme asc) filter (where n_negative > 0))[1] as first_complaint
    from theme_counts
    group by product_id, month

),

final as (

    select
        counted.product_id,
        counted.month,
        products.product_name,
        products.category as product_category,
        themes.first_theme,
        themes.first_complaint,
        cast(counted.n_sold as numeric(18, 3)) as n_sold,
        cast(counted.n_reviewed as integer) as n_ratings,
        cast(counted.n_low_rated as integer) as n_low_ratings,
        cast(counted.n_returned as numeric(18, 3)) as n_returned,
        cast(counted.n_asked as integer) as n_contacts,
        cast(coalesce(themes.n_themes, 0) as integer) as n_themes,
        cast(round(counted.n_rated / nullif(counted.n_reviewed, 0), 2) as numeric(9, 2)) as mean_rating,
        cast(
            case when exists (select 1 from returns) then round(counted.n_returned / nullif(counted.n_sold, 0), 4) end
            as numeric(18, 4)
        ) as returned_per_sold,
        cast(round(counted.n_asked / nullif(counted.n_sold, 0), 4) as numeric(18, 4)) as contacts_per_sold,
        counted.n_sold < {{ var('min_customers_for_a_share') }} as is_too_thin
    from counted
    left join products
        on counted.product_id = products.product_id
    left join themes
        on
            counted.product_id = themes.product_id
            and counted.month = themes.month

)

select * from final

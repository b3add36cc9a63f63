-- Joining lines to orders and products neither drops a line nor repeats one.
with concept as (

    select count(*) as n_lines
    from {{ ref('int_order_lines_unioned') }}

),

mart as (

    select count(*) as n_lines
    from {{ ref('order_lines') }}

)

select
    concept.n_lines as concept_n_lines,
    mart.n_lines as mart_n_lines
from concept
cross join mart
where concept.n_lines <> mart.n_lines

{{ config(materialized='table', indexes=[{'columns': ['id'], 'unique': True}, {'columns': ['name', 'total'], 'type': 'btree'}], unlogged=true,
  post_hook=["create index if not exists dim_n on {{ this }} (n)", "analyze {{ this }}"]) }}
select c.id, c.name, c.joined, e.n, e.total, row_number() over (order by c.id) as rn, c.spent::int as spent_int
from {{ ref('customers') }} c left join {{ ref('eph') }} e on e.customer_id = c.id

select id, upper(name) as name, joined, spent / 2 as half from {{ ref('customers') }}

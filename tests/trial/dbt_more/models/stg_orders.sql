with source as (select * from {{ ref('orders') }}),
renamed as (
  select order_id, customer_id, ordered_at::timestamp as ordered_at, cast(amount as numeric(10,2)) as amount, status,
    {{ dbt.date_trunc("month", "ordered_at") }} as month, {{ dbt.datediff("ordered_at", "current_timestamp", "day") }} > 0 as old,
    {{ dbt.concat(["status", "'-'", "order_id::text"]) }} as code
  from source)
select * from renamed

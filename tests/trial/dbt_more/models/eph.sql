{{ config(materialized='ephemeral') }}
select customer_id, count(*) as n, sum(amount) as total from {{ ref('stg_orders') }} group by 1

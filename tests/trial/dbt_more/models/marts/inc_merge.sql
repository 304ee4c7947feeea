{{ config(materialized='incremental', unique_key='order_id', incremental_strategy='merge') }}
select order_id, status, amount from {{ ref('stg_orders') }}
{% if is_incremental() %} where order_id >= 3 {% endif %}

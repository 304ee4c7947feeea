{{ config(materialized='incremental', unique_key=['order_id','customer_id'], incremental_strategy='delete+insert', on_schema_change='append_new_columns') }}
select order_id, customer_id, status, amount {% if is_incremental() %}, 1 as extra {% endif %} from {{ ref('stg_orders') }}

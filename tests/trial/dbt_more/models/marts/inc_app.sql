{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='sync_all_columns') }}
select order_id, {% if is_incremental() %} amount {% else %} status {% endif %} from {{ ref('stg_orders') }}

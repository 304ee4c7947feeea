{{ config(materialized='incremental', unique_key='id') }}
select id, name, current_timestamp as loaded from {{ ref('customers_table') }}
{% if is_incremental() %} where id > (select coalesce(max(id), 0) from {{ this }}) - 1 {% endif %}

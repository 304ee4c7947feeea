{% snapshot snap_ts %}
{{ config(target_schema='snaps', unique_key='order_id', strategy='timestamp', updated_at='ordered_at', hard_deletes='invalidate') }}
select * from {{ ref('stg_orders') }}
{% endsnapshot %}
{% snapshot snap_check %}
{{ config(target_schema='snaps', unique_key='id', strategy='check', check_cols='all', hard_deletes='new_record') }}
select * from {{ ref('customers') }}
{% endsnapshot %}

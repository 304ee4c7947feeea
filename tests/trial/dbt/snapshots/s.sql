{% snapshot customers_snap %}
{{ config(target_schema='public', unique_key='id', strategy='check', check_cols=['name', 'spent']) }}
select * from {{ ref('customers') }}
{% endsnapshot %}

{{ config(materialized='incremental', incremental_strategy='microbatch', unique_key='order_id', event_time='ordered_at', begin=(modules.datetime.datetime.utcnow() - modules.datetime.timedelta(days=1)).strftime('%Y-%m-%d'), batch_size='day', lookback=1) }}
select order_id, ordered_at, status from {{ ref('stg_orders') }}

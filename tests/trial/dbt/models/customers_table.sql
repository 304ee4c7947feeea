{{ config(materialized='table', indexes=[{'columns': ['id'], 'unique': True}]) }}
select *, id % 2 as odd from {{ ref('customers_view') }}

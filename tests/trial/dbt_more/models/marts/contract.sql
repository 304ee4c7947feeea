{{ config(materialized='table') }}
select id, name::varchar(50) as name, now() as at from {{ ref('customers') }}

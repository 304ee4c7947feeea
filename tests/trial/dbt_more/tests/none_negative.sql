select * from {{ ref('dim') }} where id < 0

select
    (10000000 / 50000)::int as deals,
    (10000000 / 50000 / 0.25)::int as sqls,
    (10000000 / 50000 / 0.25 / 0.20)::int as mqls

select 23 as days_before, 20 as days, round(100 * (23 / 20 - 1)) as percent

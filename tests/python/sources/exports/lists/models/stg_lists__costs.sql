{{ map_table(source('lists', 'spend'), {
    'cost_id': row_id(['day', 'channel']),
    'cost_date': 'day',
    'cost_end_date': 'until',
    'cost_type': "'media'",
    'channel': 'channel',
    'amount': 'spent',
    'currency': "'EUR'",
    'clicks': 'clicks',
    'impressions': 'shown',
}) }}

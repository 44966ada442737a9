{{ map_table(source('realestate', 'insights'), {
    'cost_id': row_id(['ad_set_id', 'campaign_id', 'created_at']),
    'cost_date': 'created_at',
    'cost_type': "'media'",
    'channel': "'paid_social'",
    'campaign_id': 'campaign_id',
    'amount': 'spend',
    'currency': "'EGP'",
}) }}

{{ map_table(source('olist', 'closed_deals'), {
    'opportunity_id': 'seller_id',
    'lead_id': 'mql_id',
    'created_at': 'won_date',
    'stage': "'won'",
    'closed_at': 'won_date',
    'is_won': "'true'",
    'owner_rep_id': 'sr_id',
    'order_type': "'new'",
}) }}

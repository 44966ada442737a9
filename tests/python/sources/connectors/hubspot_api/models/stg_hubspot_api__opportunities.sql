{{ map_table(source('hubspot_api', 'deals'), {
    'opportunity_id': 'id',
    'created_at': 'created_at',
    'updated_at': 'updated_at',
    'stage': 'properties_dealstage',
    'amount': 'properties_amount',
    'expected_close_date': 'properties_closedate',
    'is_deleted': 'archived',
}) }}

{{ map_table(source('realestate', 'lead_status_changes'), {
    'event_id': row_id(['lead_id', 'status', 'created_at']),
    'lead_id': 'lead_id',
    'changed_at': 'created_at',
    'to_status': 'status',
}) }}

{{ map_table(source('changelog', 'persons'), {
    'lead_id': 'id',
    'created_at': 'add_time',
    'email': 'email',
    'name': 'name',
    'lead_source': 'source_name',
    'owner_rep_id': 'owner_id',
}) }}

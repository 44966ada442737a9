{{ map_table(source('marketo', 'lead'), {
    'lead_id': 'id',
    'created_at': 'created_at',
    'updated_at': 'updated_at',
    'email': 'email',
    'name': "concat_ws(' ', first_name, last_name)",
}) }}

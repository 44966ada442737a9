{{ map_table(source('hubspot_api', 'contacts'), {
    'lead_id': 'id',
    'created_at': 'created_at',
    'updated_at': 'updated_at',
    'email': 'properties_email',
    'name': "concat_ws(' ', properties_firstname, properties_lastname)",
    'is_deleted': 'archived',
}) }}

{{ map_table(source('hubspot', 'contact'), {
    'lead_id': 'id',
    'created_at': 'property_createdate',
    'updated_at': '_fivetran_synced',
    'email': 'property_email',
    'name': "concat_ws(' ', property_firstname, property_lastname)",
    'company_name': 'property_company',
    'is_deleted': '_fivetran_deleted',
}) }}

{{ map_table(source('olist', 'marketing_qualified_leads'), {
    'event_id': "'mql-' || mql_id",
    'lead_id': 'mql_id',
    'changed_at': 'first_contact_date',
    'to_status': "'mql'",
}) }}

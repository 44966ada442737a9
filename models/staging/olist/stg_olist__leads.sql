{{ map_table(source('olist', 'marketing_qualified_leads'), {
    'lead_id': 'mql_id',
    'created_at': 'first_contact_date',
    'country': "'BR'",
    'lead_source': 'landing_page_id',
    'channel': 'origin',
    'origin_owner': "'marketing'",
}) }}

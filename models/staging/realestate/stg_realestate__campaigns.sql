{{ map_table(source('realestate', 'campaigns'), {
    'campaign_id': 'id',
    'name': 'project_name',
    'channel': "'paid_social'",
    'start_date': 'start_time',
    'end_date': 'stop_time',
}) }}

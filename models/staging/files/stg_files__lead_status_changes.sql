{{ map_table(source('files', 'lead_status_changes')) }}

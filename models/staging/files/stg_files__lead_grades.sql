{{ map_table(source('files', 'lead_grades')) }}

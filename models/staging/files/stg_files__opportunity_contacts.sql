{{ map_table(source('files', 'opportunity_contacts')) }}

{{ map_table(source('files', 'leads')) }}

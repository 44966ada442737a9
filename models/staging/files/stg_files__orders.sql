{{ map_table(source('files', 'orders')) }}

{{ map_table(source('files', 'campaigns')) }}

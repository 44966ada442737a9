{{ map_table(source('files', 'costs')) }}

{{ map_table(source('files', 'targets')) }}

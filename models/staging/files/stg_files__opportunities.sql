{{ map_table(source('files', 'opportunities')) }}

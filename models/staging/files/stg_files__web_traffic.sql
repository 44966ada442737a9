{{ map_table(source('files', 'web_traffic')) }}

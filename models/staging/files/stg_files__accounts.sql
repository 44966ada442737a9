{{ map_table(source('files', 'accounts')) }}

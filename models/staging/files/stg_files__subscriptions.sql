{{ map_table(source('files', 'subscriptions')) }}

{{ versions_of('leads') }}

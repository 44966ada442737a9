{{ versions_of('targets') }}

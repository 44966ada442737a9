{{ versions_of('activities') }}

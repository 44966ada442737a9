{{ versions_of('costs') }}

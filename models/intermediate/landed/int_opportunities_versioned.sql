{{ versions_of('opportunities') }}

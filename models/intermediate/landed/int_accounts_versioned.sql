{{ versions_of('accounts') }}

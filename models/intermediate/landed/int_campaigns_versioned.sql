{{ versions_of('campaigns') }}

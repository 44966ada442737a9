{{ versions_of('web_traffic') }}

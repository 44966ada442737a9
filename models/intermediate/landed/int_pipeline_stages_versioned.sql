{{ versions_of('pipeline_stages') }}

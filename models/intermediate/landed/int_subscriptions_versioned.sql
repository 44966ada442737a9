{{ versions_of('subscriptions') }}

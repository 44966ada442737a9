{{ versions_of('orders') }}

{{ map_table(source('salesforce', 'order'), {
    'order_id': 'id',
    'customer_id': 'account_id',
    'opportunity_id': 'opportunity_id',
    'ordered_at': 'effective_date',
    'amount': 'total_amount',
    'currency': "'USD'",
    'status': 'status',
}) }}

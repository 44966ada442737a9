{{ map_table(source('olist', 'order_items'), {
    'order_id': "order_id || '-' || order_item_id",
    'customer_id': 'seller_id',
    'opportunity_id': 'seller_id',
    'ordered_at': 'shipping_limit_date',
    'amount': "try_cast(price as decimal(18, 2)) + try_cast(freight_value as decimal(18, 2))",
    'currency': "'BRL'",
    'status': "'paid'",
}) }}

-- a parameter
SELECT id FROM trade.orders WHERE id = $1

-- a parameter in LIMIT
SELECT id FROM trade.orders LIMIT $1

-- a parameter in a function's argument
SELECT left(customer, $2) FROM trade.orders

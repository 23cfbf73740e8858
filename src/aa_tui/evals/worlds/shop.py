"""The shop: products with prices and stock, and orders."""

from __future__ import annotations

from typing import Any

from aa_tui.evals.worlds.function import (
    Arguments,
    RefusedError,
    State,
    entry_of,
    folded,
    function,
    made_id,
    number,
    text,
    whole,
)


def search_products(state: State, given: Arguments) -> Any:
    wanted, most = folded(given["text"]), given.get("max_price")
    found = [
        {"product_id": key, **product}
        for key, product in sorted(state["products"].items())
        if wanted in folded(product["name"]) and (most is None or product["price"] <= most)
    ]
    return {"products": found}


def get_product(state: State, given: Arguments) -> Any:
    return {"product_id": given["product_id"], **entry_of(state, "products", given["product_id"], "product")}


def place_order(state: State, given: Arguments) -> Any:
    product = entry_of(state, "products", given["product_id"], "product")
    if product["stock"] < given["quantity"]:
        raise RefusedError(f"Only {product['stock']} of {product['name']} are in stock.")
    product["stock"] -= given["quantity"]
    key = made_id(state, "o")
    order = {"product_id": given["product_id"], "quantity": given["quantity"], "status": "placed"}
    state["orders"][key] = order
    return {"order_id": key, "total": round(product["price"] * given["quantity"], 2)}


def list_orders(state: State, given: Arguments) -> Any:
    return {"orders": [{"order_id": key, **order} for key, order in sorted(state["orders"].items())]}


def get_order(state: State, given: Arguments) -> Any:
    return {"order_id": given["order_id"], **entry_of(state, "orders", given["order_id"], "order")}


def cancel_order(state: State, given: Arguments) -> Any:
    order = entry_of(state, "orders", given["order_id"], "order")
    if order["status"] != "placed":
        raise RefusedError(f"Order {given['order_id']} cannot be cancelled: it is {order['status']}.")
    order["status"] = "cancelled"
    product = state["products"].get(order["product_id"])
    if product is not None:
        product["stock"] += order["quantity"]
    return {"cancelled": given["order_id"]}


_PRODUCT_ID, _ORDER_ID = text("The product's id, such as P-104"), text("The order's id, such as o12")

FUNCTIONS = (
    function(
        search_products,
        "Search the shop's products by a part of their name; gives ids, prices in EUR, and stock.",
        optional=("max_price",),
        text=text("A part of the product's name"),
        max_price=number("The highest price, in EUR"),
    ),
    function(get_product, "Get name, price in EUR and stock of one product.", product_id=_PRODUCT_ID),
    function(
        place_order,
        "Order a product from the shop.",
        writes=True,
        product_id=_PRODUCT_ID,
        quantity=whole("How many"),
    ),
    function(list_orders, "List all orders with their products, quantities and status."),
    function(get_order, "Get product, quantity and status of one order.", order_id=_ORDER_ID),
    function(cancel_order, "Cancel an order that has not been shipped.", writes=True, order_id=_ORDER_ID),
)

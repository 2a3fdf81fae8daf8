"""The check digit of a 統一編號 (UBN), the eight-digit number of a company."""

_WEIGHTS = (1, 2, 1, 2, 1, 2, 4, 1)


def is_valid_ubn(text: str) -> bool:
    """Whether eight digits satisfy the rule in force since April 2023: the sum of digit sums divides by 5.

    A seventh digit 7 gives a product of 28, whose digit sum 10 may count as 1 or as 0, so a remainder of 4
    passes as well. Source: reference/einvoice.md §7. Numbers of the old rule (modulo 10) satisfy this one too.
    """
    if len(text) != 8 or not (text.isascii() and text.isdecimal()) or text == "00000000":
        return False
    products = [int(digit) * weight for digit, weight in zip(text, _WEIGHTS, strict=True)]
    total = sum(product // 10 + product % 10 for product in products)
    return total % 5 == 0 or (text[6] == "7" and (total + 1) % 5 == 0)

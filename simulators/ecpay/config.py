"""What the simulator is told by its environment, and the merchants it knows."""

import json
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Merchant:
    """A shop at the gateway: its keys and the name the payer sees."""

    merchant_id: str
    hash_key: str
    hash_iv: str
    name: str


# The gateway's published test shop.
TEST_MERCHANT = Merchant("3002607", "pwFHCqoQZGmho4w6", "EkRm7iFT261dpevs", "綠界測試商店")


@dataclass(frozen=True, slots=True)
class Config:
    """Where data stands, which port, and after how many seconds an unanswered callback is sent again."""

    data: Path
    port: int = 8020
    resend_after: tuple[float, ...] = (5, 15, 30, 60)
    merchants_json: str = ""

    @classmethod
    def from_environment(cls) -> "Config":
        """Read TCLOUD_DATA, TCLOUD_ECPAY_PORT, TCLOUD_ECPAY_RESEND_SECONDS and TCLOUD_ECPAY_MERCHANTS.

        The original resends after 5–15 minutes, four times a day; a demonstration has no patience for that.
        """
        resend = os.environ.get("TCLOUD_ECPAY_RESEND_SECONDS", "5,15,30,60")
        return cls(
            data=Path(os.environ.get("TCLOUD_DATA", ".tcloud")),
            port=int(os.environ.get("TCLOUD_ECPAY_PORT", "8020")),
            resend_after=tuple(float(seconds) for seconds in resend.split(",") if seconds),
            merchants_json=os.environ.get("TCLOUD_ECPAY_MERCHANTS", ""),
        )

    @property
    def merchants_file(self) -> Path:
        """`{"<MerchantID>": {"hash_key": …, "hash_iv": …, "name": …}}`; read at each use."""
        return self.data / "ecpay_merchants.json"

    def merchant(self, merchant_id: str) -> Merchant | None:
        """A shop by its MerchantID: from the file, the environment, or the published test shop."""
        known = json.loads(self.merchants_json or "{}")
        if self.merchants_file.exists():
            known |= json.loads(self.merchants_file.read_text(encoding="utf-8"))
        if merchant_id in known:
            row = known[merchant_id]
            return Merchant(merchant_id, row["hash_key"], row["hash_iv"], row.get("name", merchant_id))
        return TEST_MERCHANT if merchant_id == TEST_MERCHANT.merchant_id else None

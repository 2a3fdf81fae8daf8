"""ECPay (綠界科技), all-in-one checkout V5. Reference sheet: payments-ecpay.md."""

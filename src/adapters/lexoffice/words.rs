//! The vendor's enumerations. They are open: a word that it adds is kept as it is and stops nothing.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

macro_rules! open_words {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($variant,)+
            /// A word that we don't know.
            Other(String),
        }

        impl $name {
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                match word.as_str() {
                    $($word => Self::$variant,)+
                    _ => Self::Other(word),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::from)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    )+};
}

open_words! {
    /// What a voucher is, in the voucherlist and among related vouchers.
    VoucherType {
        Invoice = "invoice",
        DownPaymentInvoice = "downpaymentinvoice",
        CreditNote = "creditnote",
        SalesInvoice = "salesinvoice",
        SalesCreditNote = "salescreditnote",
        PurchaseInvoice = "purchaseinvoice",
        PurchaseCreditNote = "purchasecreditnote",
        OrderConfirmation = "orderconfirmation",
        Quotation = "quotation",
        DeliveryNote = "deliverynote",
        Dunning = "dunning",
    }

    /// Where a voucher stands. `overdue` is computed and exists in the voucherlist only.
    VoucherStatus {
        Draft = "draft",
        Open = "open",
        Paid = "paid",
        PaidOff = "paidoff",
        Voided = "voided",
        Transferred = "transferred",
        SepaDebit = "sepadebit",
        Overdue = "overdue",
        Accepted = "accepted",
        Rejected = "rejected",
        Unchecked = "unchecked",
        Blank = "blank",
    }

    /// Which way money is still open.
    PaymentStatus {
        Balanced = "balanced",
        OpenRevenue = "openRevenue",
        OpenExpense = "openExpense",
    }

    /// What lowered, or raised, what is open.
    PaymentItemType {
        FinancialTransaction = "partPaymentFinancialTransaction",
        CreditNote = "partPaymentCreditNote",
        CashBox = "partPaymentCashBox",
        Manual = "manualPayment",
        CashDiscount = "cashDiscount",
        DunningCosts = "dunningCosts",
        CurrencyConversion = "currencyConversion",
        Irrecoverable = "irrecoverableReceivable",
    }

    /// How a voucher is taxed.
    TaxType {
        Net = "net",
        Gross = "gross",
        VatFree = "vatfree",
        IntraCommunitySupply = "intraCommunitySupply",
        ConstructionService13b = "constructionService13b",
        ExternalService13b = "externalService13b",
        ThirdPartyCountryService = "thirdPartyCountryService",
        ThirdPartyCountryDelivery = "thirdPartyCountryDelivery",
        PhotovoltaicEquipment = "photovoltaicEquipment",
    }

    /// What the vendor calls us for.
    EventType {
        InvoiceCreated = "invoice.created",
        InvoiceChanged = "invoice.changed",
        InvoiceDeleted = "invoice.deleted",
        InvoiceStatusChanged = "invoice.status.changed",
        DownPaymentInvoiceCreated = "down-payment-invoice.created",
        DownPaymentInvoiceChanged = "down-payment-invoice.changed",
        DownPaymentInvoiceDeleted = "down-payment-invoice.deleted",
        DownPaymentInvoiceStatusChanged = "down-payment-invoice.status.changed",
        VoucherCreated = "voucher.created",
        VoucherChanged = "voucher.changed",
        VoucherDeleted = "voucher.deleted",
        VoucherStatusChanged = "voucher.status.changed",
        CreditNoteStatusChanged = "credit-note.status.changed",
        PaymentChanged = "payment.changed",
        ContactChanged = "contact.changed",
        ContactDeleted = "contact.deleted",
        DunningCreated = "dunning.created",
        DunningDeleted = "dunning.deleted",
        TokenRevoked = "token.revoked",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_word_is_kept() {
        let read = |json: &str| serde_json::from_str::<VoucherStatus>(json).unwrap();
        assert_eq!(read("\"sepadebit\""), VoucherStatus::SepaDebit);
        assert_eq!(read("\"disputed\""), VoucherStatus::Other("disputed".to_owned()));
        assert_eq!(read("\"disputed\"").to_string(), "disputed");
    }
}

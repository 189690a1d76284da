//! The fields that a map fills: what they are called in `[invoice]` and `[customer]`, and which ones a row can't do without.

/// One thing that a row says about an invoice or its customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    Number,
    InvoiceDate,
    DueDate,
    Amount,
    Currency,
    Kind,
    ExternalId,
    /// When it was paid in full. Only a rehearsal reads it; the ledger learns of payments in other ways.
    PaidOn,
    /// The original invoice as a PDF, relative to the file.
    Document,
    CustomerNumber,
    CustomerName,
    Email,
    Street,
    Postcode,
    City,
    Country,
    Language,
    CustomerKind,
}

impl Field {
    /// In the order of the declaration, which is the order of every table indexed by [`Self::index`].
    pub const ALL: [Self; 18] = [
        Self::Number,
        Self::InvoiceDate,
        Self::DueDate,
        Self::Amount,
        Self::Currency,
        Self::Kind,
        Self::ExternalId,
        Self::PaidOn,
        Self::Document,
        Self::CustomerNumber,
        Self::CustomerName,
        Self::Email,
        Self::Street,
        Self::Postcode,
        Self::City,
        Self::Country,
        Self::Language,
        Self::CustomerKind,
    ];

    /// The table of the map and the key in it.
    #[must_use]
    pub const fn key(self) -> (&'static str, &'static str) {
        match self {
            Self::Number => ("invoice", "number"),
            Self::InvoiceDate => ("invoice", "invoice_date"),
            Self::DueDate => ("invoice", "due_date"),
            Self::Amount => ("invoice", "amount"),
            Self::Currency => ("invoice", "currency"),
            Self::Kind => ("invoice", "kind"),
            Self::ExternalId => ("invoice", "external_id"),
            Self::PaidOn => ("invoice", "paid_on"),
            Self::Document => ("invoice", "document"),
            Self::CustomerNumber => ("customer", "number"),
            Self::CustomerName => ("customer", "name"),
            Self::Email => ("customer", "email"),
            Self::Street => ("customer", "street"),
            Self::Postcode => ("customer", "postcode"),
            Self::City => ("customer", "city"),
            Self::Country => ("customer", "country"),
            Self::Language => ("customer", "language"),
            Self::CustomerKind => ("customer", "kind"),
        }
    }

    /// As reports name it: `amount`, `customer.name`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CustomerNumber => "customer.number",
            Self::CustomerName => "customer.name",
            Self::Email => "customer.email",
            Self::Street => "customer.street",
            Self::Postcode => "customer.postcode",
            Self::City => "customer.city",
            Self::Country => "customer.country",
            Self::Language => "customer.language",
            Self::CustomerKind => "customer.kind",
            invoice => invoice.key().1,
        }
    }

    /// Neither a map nor a row may leave it out.
    #[must_use]
    pub const fn required(self) -> bool {
        matches!(self, Self::Number | Self::InvoiceDate | Self::DueDate | Self::Amount | Self::CustomerNumber | Self::CustomerName)
    }

    pub(super) const fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_in_the_order_of_the_index() {
        for (position, field) in Field::ALL.into_iter().enumerate() {
            assert_eq!(field.index(), position, "{field:?}");
        }
    }

    #[test]
    fn names_of_customer_fields_carry_their_table() {
        for field in Field::ALL {
            let (table, key) = field.key();
            let expected = if table == "invoice" { key.to_owned() } else { format!("{table}.{key}") };
            assert_eq!(field.name(), expected);
        }
    }
}

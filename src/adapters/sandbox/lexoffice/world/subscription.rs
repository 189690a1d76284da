//! Who wants to be told of what.

use super::super::ids::Id;
use std::sync::LazyLock;

#[derive(Clone, Debug)]
pub(in super::super) struct Subscription {
    pub(in super::super) id: Id,
    pub(in super::super) event_type: String,
    pub(in super::super) callback: String,
    pub(in super::super) created: i64,
    /// The place in [`super::World::keys`] of the key it was made with: it ends with that key.
    pub(in super::super) key: usize,
}

/// All 42 types of the vendor's list.
pub(in super::super) static EVENT_TYPES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let simple = ["article", "contact", "recurring-template", "dunning"];
    let with_status = ["credit-note", "delivery-note", "down-payment-invoice", "invoice", "order-confirmation", "quotation", "voucher"];
    let of = |names: &[&str], events: &[&str]| -> Vec<String> {
        names.iter().flat_map(|name| events.iter().map(move |event| format!("{name}.{event}"))).collect()
    };
    let mut all = of(&simple, &["created", "changed", "deleted"]);
    all.extend(of(&with_status, &["created", "changed", "deleted", "status.changed"]));
    all.extend(["payment.changed".to_owned(), "token.revoked".to_owned()]);
    all
});

#[cfg(test)]
mod tests {
    #[test]
    fn there_are_as_many_types_as_the_vendor_says() {
        assert_eq!(super::EVENT_TYPES.len(), 42);
    }
}

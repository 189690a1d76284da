//! lexoffice (Lexware Office): asks its public API.
//!
//! * [`LexofficeClient`] makes the calls (`calls`): a call waits for its turn (the port's `Pace`), is asked over `wire`, repeated where that is
//!   harmless (`retry`), and read leniently (`decode`): unknown keys are passed over, unknown words kept, amounts are exact.
//! * [`ApiError`] says how a call failed, and whether a write may have been executed all the same. Nothing there is idempotent, so a
//!   write is never repeated by itself unless the vendor says that it was not executed.
//! * [`LexofficeSource`] is the engine's port over it (`source`): vouchers are claims there.
//! * The API key goes to the configured host only and is shown nowhere.

mod calls;
mod client;
mod decode;
mod error;
mod pace;
mod request;
mod retry;
mod settings;
mod shapes;
mod source;
mod values;
mod webhook;
mod wire;
mod words;

pub use calls::contacts::{
    Address, Addresses, Company, Contact, ContactFilter, ContactPerson, EmailAddresses, Person, Postal, Role, Roles,
};
pub use calls::documents::{DocumentKind, File, FileFormat};
pub use calls::dunnings::{Dunning, DunningLine, NewDunning};
pub use calls::organisation::{PaymentCondition, PrintLayout, Profile};
pub use calls::page::{Legible, Page, RefusedRow};
pub use calls::payments::{PaymentItem, Payments};
pub use calls::sales::{PaymentDiscount, PaymentTerms, RelatedVoucher, SalesVoucher, TaxConditions, TotalPrice};
pub use calls::subscriptions::Subscription;
pub use calls::voucherlist::{Days, Direction, SortBy, VoucherListQuery, VoucherRow};
pub use calls::vouchers::{Voucher, VoucherItem};
pub use client::LexofficeClient;
pub use error::{ApiError, Fault, Violation};
pub use pace::{ProcessPace, TURN};
pub use settings::{ApiKey, LexofficeSettings, Retries, SettingsError, Timeouts};
pub use source::LexofficeSource;
pub use values::{Amount, Day, Moment, ResourceId, ZONE};
pub use webhook::{WebhookKey, WebhookKeyError};
pub use words::{EventType, PaymentItemType, PaymentStatus, TaxType, VoucherStatus, VoucherType};

//! Which method and path lead where. What is not here is refused by the gateway with 403, not with 404.

use super::super::answer::{Answer, Refusal};
use super::{Call, bookkeeping, contacts, dunnings, files, master_data, payments, sales, subscriptions, voucherlist};
use axum::http::Method;

pub(in super::super) type Handler = fn(&mut Call<'_>) -> Result<Answer, Refusal>;

pub(super) fn route(method: &Method, segments: &[String]) -> Option<Handler> {
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match *method {
        Method::GET => get(&segments),
        Method::POST => post(&segments),
        Method::DELETE => match segments[..] {
            ["event-subscriptions", _] => Some(subscriptions::delete),
            _ => None,
        },
        _ => None,
    }
}

fn get(segments: &[&str]) -> Option<Handler> {
    Some(match segments {
        ["voucherlist"] => voucherlist::list,
        ["invoices" | "down-payment-invoices" | "credit-notes", _] => sales::read,
        ["invoices" | "down-payment-invoices" | "credit-notes", _, "file"] => files::of_voucher,
        ["invoices" | "down-payment-invoices" | "credit-notes", _, "document"] => files::document_of_voucher,
        ["dunnings", _] => dunnings::read,
        ["dunnings", _, "file"] => files::of_dunning,
        ["dunnings", _, "document"] => files::document_of_dunning,
        ["files", _] => files::read,
        ["vouchers"] => bookkeeping::by_number,
        ["vouchers", _] => bookkeeping::read,
        ["contacts"] => contacts::list,
        ["contacts", _] => contacts::read,
        ["payments", _] => payments::read,
        ["payment-conditions"] => master_data::payment_conditions,
        ["print-layouts"] => master_data::print_layouts,
        ["countries"] => master_data::countries,
        ["posting-categories"] => master_data::posting_categories,
        ["profile"] => master_data::profile,
        ["event-subscriptions"] => subscriptions::list,
        ["event-subscriptions", _] => subscriptions::read,
        _ => return None,
    })
}

fn post(segments: &[&str]) -> Option<Handler> {
    Some(match segments {
        ["invoices"] => sales::create,
        ["dunnings"] => dunnings::create,
        ["contacts"] => contacts::create,
        ["files"] => files::upload,
        ["event-subscriptions"] => subscriptions::create,
        _ => return None,
    })
}

//! The small endpoints: bare arrays, and the profile, which is the test of a connection.

use super::super::amount::decimal;
use super::super::answer::{Answer, Refusal};
use super::super::time::stamp;
use super::Call;
use serde_json::{Value, json};

pub(super) fn payment_conditions(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let conditions = call.organization.conditions.iter().map(|condition| {
        let mut fields = json!({
            "id": condition.id, "paymentTermLabelTemplate": condition.label, "paymentTermDuration": condition.days,
            "organizationDefault": condition.default,
        });
        if let Some((percentage, range)) = condition.discount {
            fields["paymentDiscountConditions"] = json!({"discountRange": range, "discountPercentage": decimal(percentage)});
        }
        fields
    });
    Ok(Answer::json(conditions.collect()))
}

pub(super) fn print_layouts(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let layouts = call.organization.layouts.iter().enumerate();
    Ok(Answer::json(layouts.map(|(place, (id, name))| json!({"id": id, "name": name, "default": place == 0})).collect()))
}

pub(super) fn countries(_: &mut Call<'_>) -> Result<Answer, Refusal> {
    let known = [
        ("DE", "Germany", "Deutschland", "de"),
        ("AT", "Austria", "Österreich", "intraCommunity"),
        ("FR", "France", "Frankreich", "intraCommunity"),
        ("NL", "Netherlands", "Niederlande", "intraCommunity"),
        ("PL", "Poland", "Polen", "intraCommunity"),
        ("CH", "Switzerland", "Schweiz", "thirdPartyCountry"),
        ("GB", "United Kingdom", "Vereinigtes Königreich", "thirdPartyCountry"),
        // The list goes beyond ISO 3166.
        ("ES_CN", "Canary Islands", "Kanarische Inseln", "thirdPartyCountry"),
        ("GR_69", "Mount Athos", "Berg Athos", "thirdPartyCountry"),
    ];
    let entry = |(code, english, german, tax): (&str, &str, &str, &str)| -> Value {
        json!({"countryCode": code, "countryNameEN": english, "countryNameDE": german, "taxClassification": tax})
    };
    Ok(Answer::json(known.into_iter().map(entry).collect()))
}

pub(super) fn posting_categories(_: &mut Call<'_>) -> Result<Answer, Refusal> {
    let known = [
        ("8f8664a1-fd86-11e1-a21f-0800200c9a66", "Einnahmen", "Einnahmen"),
        ("8f8664a0-fd86-11e1-a21f-0800200c9a66", "Dienstleistungen", "Einnahmen"),
        ("8f8664a8-fd86-11e1-a21f-0800200c9a66", "Warenverkäufe", "Einnahmen"),
    ];
    let entry = |(id, name, group): (&str, &str, &str)| -> Value {
        json!({"id": id, "name": name, "type": "income", "contactRequired": false, "splitAllowed": true, "groupName": group})
    };
    Ok(Answer::json(known.into_iter().map(entry).collect()))
}

pub(super) fn profile(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let organization = &*call.organization;
    Ok(Answer::json(json!({
        "organizationId": organization.id, "companyName": organization.name, "connectionId": call.connection,
        "created": {"userId": organization.user, "userName": "Sandbox", "userEmail": "sandbox@example.invalid", "date": stamp(organization.created)},
        "features": ["cashbox"], "businessFeatures": ["INVOICING", "INVOICING_PRO", "BOOKKEEPING"], "subscriptionStatus": "active",
        "taxType": organization.tax_type, "distanceSalesPrinciple": "DESTINATION", "smallBusiness": organization.small_business,
    })))
}

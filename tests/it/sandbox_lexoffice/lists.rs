//! The voucherlist and other lists (items 3 and 4).

use super::office::Office;
use mahnwerk::adapters::sandbox::lexoffice::{Scenario, Trouble};
use serde_json::json;

#[tokio::test]
async fn overdue_is_a_matter_of_the_sandboxs_day_and_comes_with_open_and_sepadebit_too() {
    let office = Office::start().await;
    let statuses = |query: &'static str| {
        let office = &office;
        async move {
            let list =
                office.get(&format!("/voucherlist?voucherType=invoice&voucherStatus={query}&sort=voucherNumber,ASC")).await.with(200);
            let rows = list["content"].as_array().unwrap().clone();
            rows.iter()
                .map(|row| format!("{} {}", row["voucherNumber"].as_str().unwrap(), row["voucherStatus"].as_str().unwrap()))
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(statuses("overdue").await, ["RE1 overdue", "RE4 overdue", "RE5 overdue"]);
    assert_eq!(statuses("open").await, ["RE1 overdue", "RE2 open", "RE4 overdue"]);
    assert_eq!(statuses("sepadebit").await, ["RE5 overdue"]);
    assert_eq!(statuses("open,sepadebit,draft").await, ["RE1 overdue", "RE2 open", "RE3 draft", "RE4 overdue", "RE5 overdue"]);
    let before = office.get("/voucherlist?voucherType=invoice&voucherStatus=open&voucherNumber=RE2").await.json();
    // RE2 is due today: it is overdue from German midnight on.
    office.control("clock", json!({"set": "2026-03-02T23:59:59"})).await;
    assert_eq!(statuses("overdue").await, ["RE1 overdue", "RE4 overdue", "RE5 overdue"]);
    office.pass(1_000);
    assert_eq!(statuses("overdue").await, ["RE1 overdue", "RE2 overdue", "RE4 overdue", "RE5 overdue"]);
    let after = office.get("/voucherlist?voucherType=invoice&voucherStatus=open&voucherNumber=RE2").await.json();
    assert_eq!(after["content"][0]["updatedDate"], before["content"][0]["updatedDate"], "time alone updates nothing");
    let id = office.id("RE2").await;
    assert_eq!(office.get(&format!("/invoices/{id}")).await.json()["voucherStatus"], "open");
}

#[tokio::test]
async fn filters_that_make_no_sense_are_refused() {
    let office = Office::start().await;
    for query in [
        "voucherStatus=open",
        "voucherType=invoice",
        "voucherType=dunning&voucherStatus=open",
        "voucherType=invoice&voucherStatus=overdue,open",
        "voucherType=invoice&voucherStatus=late",
        "voucherType=any&voucherStatus=any&updatedDateFrom=2026-01-01T00:00:00",
        "voucherType=any&voucherStatus=any&sort=openAmount,ASC",
        "voucherType=any&voucherStatus=any&page=x",
    ] {
        assert_eq!(office.get(&format!("/voucherlist?{query}")).await.with(400)["status"], 400, "{query}");
    }
}

#[tokio::test]
async fn a_row_says_what_it_must_in_the_vendors_form() {
    let office = Office::start().await;
    let list = office.get("/voucherlist?voucherType=invoice&voucherStatus=any&sort=voucherNumber,ASC&size=250").await;
    let text = list.text();
    let list = list.with(200);
    assert!(text.contains(r#""openAmount":138.0"#) && text.contains(r#""totalAmount":119.1,"#), "{text}");
    let row = &list["content"][0];
    assert_eq!(row["contactName"], "Kunde & Söhne AG");
    assert_eq!(row["voucherDate"], "2026-01-08T00:00:00.000+01:00");
    assert_eq!(row["dueDate"], "2026-01-22T00:00:00.000+01:00");
    assert!(row["createdDate"].as_str().unwrap().contains(".000+"), "{row}");
    assert_eq!(list["content"][1]["contactName"], "Beispiel, Anna");
    assert_eq!(list["content"][2]["openAmount"], json!(null), "a draft owes nothing yet");
    assert_eq!(list["content"][3]["contactId"], json!(null), "the collective customer has no id");
    assert_eq!(
        list["sort"],
        json!([{"property": "voucherNumber", "direction": "ASC", "ignoreCase": false, "nullHandling": "NATIVE", "ascending": true}])
    );
    assert_eq!(
        (&list["totalElements"], &list["size"], &list["first"], &list["last"]),
        (&json!(5), &json!(250), &json!(true), &json!(true))
    );
}

#[tokio::test]
async fn dates_filter_by_whole_german_days_across_the_changes_of_the_clock() {
    let office = Office::start().await;
    // 2026-03-29 has 23 hours: 22:30 UTC of the 28th is the 28th in winter time, 22:30 UTC of the 29th the 30th in summer time.
    for (at, number) in [
        ("2026-03-28T22:30:00.000Z", "D1"),
        ("2026-03-28T23:30:00.000Z", "D2"),
        ("2026-03-29T21:59:00.000Z", "D3"),
        ("2026-03-29T22:00:00.000Z", "D4"),
    ] {
        office.control("clock", json!({"set": at})).await;
        office.control("create-invoice", json!({"number": number, "amount": "11.90"})).await;
    }
    for (filter, numbers) in [
        ("createdDateFrom=2026-03-28&createdDateTo=2026-03-28", &["D1"][..]),
        ("createdDateFrom=2026-03-29&createdDateTo=2026-03-29", &["D2", "D3"]),
        ("createdDateFrom=2026-03-30", &["D4"]),
        ("voucherDateFrom=2026-03-29&voucherDateTo=2026-03-29", &["D2", "D3"]),
        ("updatedDateFrom=2026-03-29", &["D2", "D3", "D4"]),
    ] {
        assert_eq!(office.numbers(&format!("voucherType=invoice&voucherStatus=any&{filter}")).await, numbers, "{filter}");
    }
    office.control("edit", json!({"voucher": "D1", "remark": "neu"})).await;
    assert_eq!(office.numbers("voucherType=invoice&voucherStatus=any&updatedDateFrom=2026-03-30").await, ["D1", "D4"]);
}

#[tokio::test]
async fn lists_filter_by_contact_number_and_archive() {
    let office = Office::start().await;
    let list = office.get("/voucherlist?voucherType=invoice&voucherStatus=any&voucherNumber=RE1").await.with(200);
    let contact = list["content"][0]["contactId"].as_str().unwrap().to_owned();
    assert_eq!(
        office.numbers(&format!("voucherType=any&voucherStatus=any&contactId={contact}")).await,
        ["2026-118", "AR1", "RE1", "RE3", "RE5"]
    );
    office.control("edit", json!({"voucher": "RE1", "archived": true})).await;
    assert_eq!(office.numbers("voucherType=any&voucherStatus=any&archived=true").await, ["RE1"]);
    assert_eq!(office.numbers("voucherType=any&voucherStatus=any&archived=false").await.len(), 6);
    office.control("create-invoice", json!({"number": "A&B <1>", "amount": "11.90"})).await;
    assert_eq!(office.numbers("voucherType=any&voucherStatus=any&voucherNumber=A%26amp%3BB%20%26lt%3B1%26gt%3B").await, ["A&B <1>"]);
}

#[tokio::test]
async fn paging_ends_at_ten_thousand_rows() {
    let office = Office::with(Scenario::Generated(10_300)).await;
    office.control("limit", json!({"per_second": 0})).await;
    let page = async |page: u32| office.get(&format!("/voucherlist?voucherType=any&voucherStatus=any&size=250&page={page}")).await;
    let first = page(0).await.with(200);
    assert_eq!((&first["totalElements"], &first["totalPages"], &first["numberOfElements"]), (&json!(10_000), &json!(40), &json!(250)));
    assert_eq!(page(39).await.with(200)["last"], true);
    let beyond = page(40).await.with(400);
    assert_eq!(beyond["message"], "Maximum search window size exceeded");
    let truth = office.look("truth").await;
    let open = truth.as_array().unwrap().iter().filter(|claim| claim["status"] == "open" && claim["openAmount"] != "0.00").count();
    assert_eq!(open, 10_300, "as many open claims as were asked for");
}

#[tokio::test]
async fn rows_move_between_pages() {
    let office = Office::start().await;
    let query = |page: u32| format!("voucherType=any&voucherStatus=any&size=2&sort=voucherNumber,ASC&page={page}");
    let all = office.numbers("voucherType=any&voucherStatus=any&size=250").await;
    let read = async || {
        let mut seen = Vec::new();
        for page in 0..4 {
            seen.extend(office.numbers(&query(page)).await);
        }
        seen
    };
    assert_eq!(read().await, all);
    office.fault(Trouble::MovedRows { by: -1 });
    let twice = read().await;
    assert!(twice.len() > all.iter().filter(|number| twice.contains(number)).count(), "a row came twice: {twice:?}");
    office.sandbox.clear_faults();
    office.fault(Trouble::MovedRows { by: 1 });
    let missed = read().await;
    assert!(all.iter().any(|number| !missed.contains(number)), "a row was missed: {missed:?}");
}

#[tokio::test]
async fn contacts_are_found_by_parts_and_sorted_by_name() {
    let office = Office::start().await;
    let names = async |query: &str| {
        let list = office.get(&format!("/contacts?{query}")).await.with(200);
        let content = list["content"].as_array().unwrap().clone();
        content
            .iter()
            .map(|contact| contact["company"]["name"].as_str().or(contact["person"]["lastName"].as_str()).unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("").await, ["Beispiel", "Kunde & Söhne AG"]);
    assert_eq!(names("email=PRIVAT.ex").await, ["Beispiel"]);
    assert_eq!(names("name=kunde%20%26amp%3B%20s_hne").await, ["Kunde & Söhne AG"]);
    assert_eq!(names("number=10042&customer=true").await, ["Kunde & Söhne AG"]);
    assert_eq!(names("vendor=true").await, Vec::<String>::new());
    let short = office.get("/contacts?name=ab").await.with(400);
    assert_eq!(short["IssueList"][0]["i18nKey"], "bad_request_error");
    office.control("archive-contact", json!({"contact": "10042"})).await;
    let list = office.get("/contacts?number=10042").await.with(200);
    assert_eq!(list["content"][0]["archived"], true);
    let id = list["content"][0]["id"].as_str().unwrap();
    let contact = office.get(&format!("/contacts/{id}")).await.with(200);
    assert_eq!(contact["addresses"]["billing"][0]["city"], "Köln");
    assert_eq!((&contact["roles"]["customer"]["number"], &contact["version"]), (&json!(10_042), &json!(2)));
    assert!(contact.get("person").is_none() && contact.get("note").is_none());
}

#[tokio::test]
async fn a_voucher_is_found_by_its_number_without_a_sort_in_the_envelope() {
    let office = Office::start().await;
    let found = office.get("/vouchers?voucherNumber=2026-118").await.with(200);
    assert_eq!((&found["totalElements"], &found["content"][0]["totalGrossAmount"]), (&json!(1), &json!(119.0)));
    assert!(found.get("sort").is_none());
    assert_eq!(found["content"][0]["voucherItems"][0]["taxAmount"], json!(19.0));
    assert!(office.get("/vouchers").await.with(400)["IssueList"].is_array());
}

#[tokio::test]
async fn small_endpoints_are_bare_lists() {
    let office = Office::start().await;
    for path in ["payment-conditions", "print-layouts", "countries", "posting-categories"] {
        let list = office.get(&format!("/{path}")).await.with(200);
        assert!(list.as_array().is_some_and(|list| !list.is_empty()), "{path}: {list}");
    }
    let categories = office.get("/posting-categories").await.text();
    assert!(categories.contains("8f8664a0-fd86-11e1-a21f-0800200c9a66"));
    let profile = office.get("/profile").await.with(200);
    assert!(profile["organizationId"].is_string() && profile["connectionId"].is_string() && profile["businessFeatures"].is_array());
}

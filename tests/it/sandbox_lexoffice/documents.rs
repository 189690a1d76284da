//! Files and documents (item 7). The PDFs are read by poppler.

use super::office::{Office, dunning};
use serde_json::json;
use std::process::Command;

impl Office {
    async fn file(&self, path: &str, accept: &str) -> (u16, String) {
        let reply = self.ask("GET", &format!("/v1{path}"), &[("authorization", "Bearer key-a"), ("accept", accept)], "").await.unwrap();
        if reply.status == 200 {
            assert_eq!(reply.header("content-length"), reply.body.len().to_string());
            assert!(reply.header("content-disposition").contains("filename="), "{:?}", reply.headers);
        }
        (reply.status, reply.header("content-type").to_owned())
    }
}

#[tokio::test]
async fn what_a_file_is_hangs_on_the_document_and_on_what_is_accepted() {
    let office = Office::start().await;
    let (plain, embedded, xrechnung) = (office.id("RE1").await, office.id("RE4").await, office.id("RE5").await);
    let (pdf, xml) = ((200, "application/pdf".to_owned()), (200, "application/xml".to_owned()));
    let missing = (404, "application/json".to_owned());
    for (id, any, as_xml, as_pdf) in [(&plain, &pdf, &missing, &pdf), (&embedded, &pdf, &missing, &pdf), (&xrechnung, &xml, &xml, &pdf)] {
        let path = format!("/invoices/{id}/file");
        assert_eq!(&office.file(&path, "*/*").await, any, "{path}");
        assert_eq!(&office.file(&path, "application/xml").await, as_xml, "{path}");
        assert_eq!(&office.file(&path, "application/pdf").await, as_pdf, "{path}");
        assert_eq!(office.file(&path, "image/png").await.0, 406, "{path}");
    }
    assert_eq!(office.file("/invoices/0c5d0000-0000-4000-8000-000000000001/file", "*/*").await.0, 404);
}

#[tokio::test]
async fn a_draft_is_a_conflict_for_file_and_not_acceptable_for_document() {
    let office = Office::start().await;
    let draft = office.id("RE3").await;
    office.get(&format!("/invoices/{draft}/file")).await.with(409);
    office.get(&format!("/invoices/{draft}/document")).await.with(406);
    let open = office.id("RE1").await;
    let file = office.get(&format!("/invoices/{open}/document")).await.with(200)["documentFileId"].as_str().unwrap().to_owned();
    assert_eq!(office.get(&format!("/invoices/{open}/document")).await.json()["documentFileId"], json!(file), "the same file each time");
    let reply = office.get(&format!("/files/{file}")).await;
    assert_eq!((reply.status, reply.header("content-disposition")), (200, "inline; filename=Rechnung_RE1.pdf;"));
    assert!(office.get("/files/0c5d0000-0000-4000-8000-000000000001").await.with(404)["IssueList"].is_array());
}

#[tokio::test]
async fn a_dunning_has_a_pdf_that_says_what_was_sent() {
    let office = Office::start().await;
    let invoice = office.id("RE1").await;
    let contact = office.get(&format!("/invoices/{invoice}")).await.json()["address"]["contactId"].as_str().unwrap().to_owned();
    let mut body = dunning(Some(&contact));
    body["introduction"] = json!(format!("Grüße (aus) \\ Köln – 1 € {}", "und noch ein langer Satz, ".repeat(20)));
    let made = office.post(&format!("/dunnings?precedingSalesVoucherId={invoice}"), &body).await.with(201);
    let id = made["id"].as_str().unwrap();
    let reply = office.get(&format!("/dunnings/{id}/file")).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/pdf"));
    let text = text_of(&reply.body);
    for part in [
        "1. Mahnung",
        "Kunde & Söhne AG",
        "Am Markt 3",
        "50667 Köln",
        "Grüße (aus) \\ Köln – 1 €",
        "Mahnkosten",
        "5,10 EUR",
        "Vorgang M-7Q2K",
        "RE1",
        "138,00",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let file = office.get(&format!("/dunnings/{id}/document")).await.with(200)["documentFileId"].as_str().unwrap().to_owned();
    assert_eq!(office.get(&format!("/files/{file}")).await.body, reply.body);
    assert_eq!(office.file(&format!("/dunnings/{id}/file"), "application/xml").await.0, 404);
}

#[tokio::test]
async fn long_letters_have_several_pages() {
    let office = Office::start().await;
    let id = office.id("RE4").await;
    let mut body = dunning(None);
    body["remark"] = json!((1..=120).map(|line| format!("Zeile {line}")).collect::<Vec<_>>().join("\n"));
    let made = office.post(&format!("/dunnings?precedingSalesVoucherId={id}"), &body).await.with(201);
    let reply = office.get(&format!("/dunnings/{}/file", made["id"].as_str().unwrap())).await;
    let text = text_of(&reply.body);
    assert!(text.contains("Zeile 1\n") && text.contains("Zeile 120"), "{text}");
    assert_eq!(text.matches('\u{c}').count(), 3, "three pages");
}

#[tokio::test]
async fn an_e_invoice_has_its_xml_inside_the_pdf() {
    let office = Office::start().await;
    let id = office.id("RE4").await;
    let reply = office.get(&format!("/invoices/{id}/file")).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("invoice.pdf");
    std::fs::write(&path, &reply.body).unwrap();
    let listed = Command::new("pdfdetach").arg("-list").arg(&path).output().unwrap();
    assert!(String::from_utf8_lossy(&listed.stdout).contains("factur-x.xml"), "{listed:?}");
}

#[tokio::test]
async fn uploads_become_vouchers_and_the_same_bytes_the_same_ones() {
    let office = Office::start().await;
    let upload = async |fields: &[(&str, &str, &str)]| {
        let mut body = String::new();
        for (name, file, content) in fields {
            let file = if file.is_empty() { String::new() } else { format!("; filename=\"{file}\"\r\nContent-Type: application/pdf") };
            body.push_str(&format!("--XyZ\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n"));
        }
        body.push_str("--XyZ--\r\n");
        let headers = [("authorization", "Bearer key-a"), ("content-type", "multipart/form-data; boundary=XyZ")];
        office.ask("POST", "/v1/files", &headers, body).await.unwrap()
    };
    let both = [("file", "beleg.pdf", "%PDF-1.7 not really"), ("type", "", "voucher")];
    let first = upload(&both).await.with(202);
    assert_eq!(upload(&both).await.with(202), first);
    let voucher = office.get(&format!("/vouchers/{}", first["voucherId"].as_str().unwrap())).await.with(200);
    assert_eq!((&voucher["voucherStatus"], &voucher["files"][0]), (&json!("unchecked"), &first["id"]));
    let read = office.get(&format!("/files/{}", first["id"].as_str().unwrap())).await;
    assert_eq!((read.text().as_str(), read.header("content-type")), ("%PDF-1.7 not really", "application/pdf"));
    assert_eq!(upload(&both[..1]).await.status, 400, "the type is missing");
    assert_eq!(upload(&both[1..]).await.status, 500, "the file is missing");
    assert_eq!(upload(&[("file", "tool.exe", "MZ"), ("type", "", "voucher")]).await.status, 406);
}

fn text_of(pdf: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.pdf");
    std::fs::write(&path, pdf).unwrap();
    let read = Command::new("pdftotext").arg("-layout").arg(&path).arg("-").output().unwrap();
    assert!(read.status.success() && read.stderr.is_empty(), "{}", String::from_utf8_lossy(&read.stderr));
    String::from_utf8(read.stdout).unwrap()
}

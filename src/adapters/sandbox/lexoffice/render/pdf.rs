//! Writes lines of text as a PDF of A4 pages, by hand: one standard font, and one attached file if there is one.

use std::fmt::Write as _;

const LINES_A_PAGE: usize = 52;

/// A whole PDF. The font has the characters of Windows-1252; what it lacks becomes `?`.
pub(super) fn write(lines: &[String], attached: Option<(&str, &[u8])>) -> Vec<u8> {
    let pages: Vec<&[String]> = if lines.is_empty() { vec![&[]] } else { lines.chunks(LINES_A_PAGE).collect() };
    let mut objects: Vec<Vec<u8>> = vec![Vec::new(), Vec::new()];
    objects.push(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_vec());
    let mut kids = String::new();
    for page in pages {
        objects.push(stream("", &content(page)));
        let content = objects.len();
        objects.push(
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents {content} 0 R >>"
            )
            .into_bytes(),
        );
        let _ = write!(kids, "{} 0 R ", objects.len());
    }
    let names = attached.map(|file| attach(&mut objects, file)).unwrap_or_default();
    objects[0] = format!("<< /Type /Catalog /Pages 2 0 R {names}>>").into_bytes();
    let count = kids.matches('R').count();
    objects[1] = format!("<< /Type /Pages /Kids [{kids}] /Count {count} >>").into_bytes();
    assemble(&objects)
}

fn content(lines: &[String]) -> Vec<u8> {
    let mut content = b"BT /F1 10 Tf 14 TL 60 790 Td\n".to_vec();
    for line in lines {
        content.push(b'(');
        for byte in windows_1252(line) {
            if matches!(byte, b'(' | b')' | b'\\') {
                content.push(b'\\');
            }
            content.push(byte);
        }
        content.extend_from_slice(b") Tj T*\n");
    }
    content.extend_from_slice(b"ET\n");
    content
}

fn windows_1252(line: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for character in line.chars() {
        let mut one = [0; 4];
        let (encoded, _, lost) = encoding_rs::WINDOWS_1252.encode(character.encode_utf8(&mut one));
        bytes.extend_from_slice(if lost { b"?" } else { &encoded });
    }
    bytes
}

fn attach(objects: &mut Vec<Vec<u8>>, (name, bytes): (&str, &[u8])) -> String {
    objects.push(stream("/Type /EmbeddedFile /Subtype /text#2Fxml ", bytes));
    let file = objects.len();
    objects
        .push(format!("<< /Type /Filespec /F ({name}) /UF ({name}) /AFRelationship /Alternative /EF << /F {file} 0 R >> >>").into_bytes());
    let specification = objects.len();
    format!("/AF [{specification} 0 R] /Names << /EmbeddedFiles << /Names [({name}) {specification} 0 R] >> >> ")
}

fn stream(entries: &str, bytes: &[u8]) -> Vec<u8> {
    let mut object = format!("<< {entries}/Length {} >>\nstream\n", bytes.len()).into_bytes();
    object.extend_from_slice(bytes);
    object.extend_from_slice(b"\nendstream");
    object
}

fn assemble(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut table = String::from("0000000000 65535 f \n");
    for (place, object) in objects.iter().enumerate() {
        let _ = writeln!(table, "{:010} 00000 n ", file.len());
        file.extend_from_slice(format!("{} 0 obj\n", place + 1).as_bytes());
        file.extend_from_slice(object);
        file.extend_from_slice(b"\nendobj\n");
    }
    let size = objects.len() + 1;
    let start = file.len();
    file.extend_from_slice(
        format!("xref\n0 {size}\n{table}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").as_bytes(),
    );
    file
}

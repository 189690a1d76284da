//! How many pages a finished PDF has, read from its page tree.

/// How many pages a PDF of whatever program has; `None` if it is none.
pub(super) fn any_page_count(pdf: &[u8]) -> Option<usize> {
    page_count(pdf).or_else(|| hayro_interpret::hayro_syntax::Pdf::new(pdf.to_vec()).ok().map(|pdf| pdf.pages().len()))
}

/// The largest `/Count` of the objects of type `Pages`: the root's. `None` if this is no PDF, or one with a packed page tree
/// (neither engine writes such).
pub(super) fn page_count(pdf: &[u8]) -> Option<usize> {
    if !pdf.starts_with(b"%PDF-") {
        return None;
    }
    objects(pdf).filter(|object| is_page_tree(object)).filter_map(count).max()
}

fn objects(pdf: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = pdf;
    std::iter::from_fn(move || {
        let start = find(rest, b" obj")? + 4;
        let length = find(&rest[start..], b"endobj").unwrap_or(rest.len() - start);
        let object = &rest[start..start + length];
        rest = &rest[start + length..];
        Some(object)
    })
}

fn is_page_tree(object: &[u8]) -> bool {
    value(object, b"/Type").is_some_and(|value| value.starts_with(b"/Pages"))
}

fn count(object: &[u8]) -> Option<usize> {
    let digits: Vec<u8> = value(object, b"/Count")?.iter().copied().take_while(u8::is_ascii_digit).collect();
    String::from_utf8(digits).ok()?.parse().ok()
}

/// What follows a key, blanks skipped.
fn value<'a>(object: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let after = &object[find(object, key)? + key.len()..];
    Some(after.trim_ascii_start())
}

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_of_the_page_tree_counts() {
        let pdf =
            b"%PDF-1.4\n1 0 obj\n<< /Type /Outlines /Count 9 >>\nendobj\n2 0 obj\n<<\n/Type /Pages\n/Kids [3 0 R]\n/Count 12\n>>\nendobj\n\
                    4 0 obj<</Type/Pages/Parent 2 0 R/Count 5>>endobj\n3 0 obj<</Type/Page>>endobj\n";
        assert_eq!(page_count(pdf), Some(12));
        assert_eq!(page_count(b"<html>"), None);
        assert_eq!(page_count(b"%PDF-1.4\n"), None);
    }
}

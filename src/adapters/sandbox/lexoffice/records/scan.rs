//! The file that a bookkeeping voucher was booked from, as its owner uploaded it.

use super::super::ids::Id;
use super::super::render;
use super::super::world::{File, FileContent, Voucher};
use serde::Deserialize;

/// What kind of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Scan {
    Pdf,
    Png,
    Jpg,
    Xml,
}

/// A picture of one white dot.
const PNG: &[u8] = b"\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00\x3a\x7e\x9b\x55\
    \x00\x00\x00\x0a\x49\x44\x41\x54\x78\x9c\x63\xf8\x0f\x00\x01\x01\x01\x00\xb1\x38\xf6\x14\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82";
/// Begin and end of a JPEG: readers that only pass it on need no more.
const JPG: &[u8] = &[0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0, 0xFF, 0xD9];

impl Scan {
    /// The file of this voucher.
    pub(super) fn of(self, voucher: &Voucher, id: Id) -> File {
        let (ending, media_type, bytes) = match self {
            Self::Pdf => ("pdf", "application/pdf", render::voucher(voucher).bytes),
            Self::Png => ("png", "image/png", PNG.to_vec()),
            Self::Jpg => ("jpg", "image/jpeg", JPG.to_vec()),
            Self::Xml => ("xml", "application/xml", render::xml(voucher).bytes),
        };
        let name = format!("Beleg.{ending}");
        File { id, voucher: Some(voucher.id), content: FileContent::Uploaded { name, media_type: media_type.to_owned(), bytes } }
    }
}
